import SpoolShim
import Testing

@Suite("Who gets the first signal")
struct AddresseeTests {
    private static let command = ["/opt/bin/scrapy", "crawl", "books", "-a", "payload={}"]

    private func process(_ pid: Int32, of parent: Int32, _ line: String, ticks: Int? = nil) -> Addressee.Candidate {
        Addressee.Candidate(
            pid: pid, parent: parent, ticks: ticks ?? Int(pid), arguments: line.split(separator: " ").map(String.init))
    }

    @Test("Scrapy alone gets it, not its helpers")
    func helpers() {
        let tree = [
            process(10, of: 1, "python3 /opt/bin/scrapy crawl books -a payload={}"),
            process(11, of: 10, "node driver.js run-driver"), process(12, of: 11, "chromium --headless"),
        ]
        #expect(Addressee.choose(from: 10, tree, command: AddresseeTests.command) == 10)
    }

    @Test(
        "Behind a wrapper it is Scrapy that gets it",
        arguments: [
            "/bin/sh /opt/bin/scrapy crawl books -a payload={}",
            "uv run --project /srv scrapy crawl books -a payload={}",
            "timeout 3600 scrapy crawl books -a payload={}", "/bin/bash /opt/run.sh",
        ])
    func wrappers(line: String) {
        let tree = [
            process(10, of: 1, line), process(11, of: 10, "Xvfb :99"),
            process(12, of: 10, "python3 /srv/.venv/bin/scrapy crawl books -a payload={} -s LOG_LEVEL=INFO"),
            process(13, of: 12, "node driver.js"),
        ]
        #expect(Addressee.choose(from: 10, tree, command: AddresseeTests.command) == 12)
    }

    @Test("Behind several wrappers it is the innermost that runs the command, also past a shell in between")
    func nested() {
        let tree = [
            process(10, of: 1, "/bin/sh /opt/bin/scrapy crawl books"), process(11, of: 10, "uv run scrapy crawl books"),
            process(12, of: 11, "sh -c wrapped"), process(13, of: 12, "python3 -m scrapy crawl books"),
        ]
        #expect(Addressee.choose(from: 10, tree, command: AddresseeTests.command) == 13)
    }

    @Test("A worker that Scrapy forked is not taken for it")
    func workers() {
        let line = "python3 /opt/bin/scrapy crawl books -a payload={}"
        let tree = [process(10, of: 1, line), process(11, of: 10, line), process(12, of: 11, line)]
        #expect(Addressee.choose(from: 10, tree, command: AddresseeTests.command) == 10)
        let wrapped = [process(9, of: 1, "sh run \(line)"), process(10, of: 9, line), process(11, of: 10, line)]
        #expect(Addressee.choose(from: 9, wrapped, command: AddresseeTests.command) == 10)
    }

    @Test("Of two the older one gets it")
    func older() {
        let tree = [
            process(10, of: 1, "sh run"), process(11, of: 10, "b crawl books", ticks: 70),
            process(12, of: 10, "a crawl books", ticks: 60),
        ]
        #expect(Addressee.choose(from: 10, tree, command: AddresseeTests.command) == 12)
    }

    @Test("What is not found, or has no words, leaves it with the process that was started")
    func unknown() {
        let tree = [process(10, of: 1, "sh run"), process(11, of: 10, "python3 other crawl authors")]
        #expect(Addressee.choose(from: 10, tree, command: AddresseeTests.command) == 10)
        #expect(Addressee.choose(from: 10, [], command: AddresseeTests.command) == 10)
        #expect(Addressee.choose(from: 10, tree, command: []) == 10)
        // A tree that is none, as a look at /proc while processes come and go may give it.
        let ring = [process(10, of: 11, "x crawl books"), process(11, of: 10, "y crawl books")]
        #expect([10, 11].contains(Addressee.choose(from: 10, ring, command: AddresseeTests.command)))
    }
}
