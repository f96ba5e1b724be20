import ProjectPython
import Testing

@Suite("Requirements files")
struct RequirementsTests {
    @Test(
        "A file is a lock if each requirement has one version and a hash",
        arguments: [
            ("scrapy==2.13.4 --hash=sha256:00\n", true),
            ("scrapy==2.13.4 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n", true),
            ("scrapy==2.13.4\n", false), ("scrapy>=2 --hash=sha256:00\n", false),
            ("scrapy==2.13.4 --hash=sha256:00\nw3lib==2\n", false), ("", false), ("# nothing\n", false),
            ("scrapy==2.13.4 --hash=sha256:00\n-c limits.txt\n", false),
            ("scrapy==2.13.4 --hash=sha256:00\n./lib\n", false),
            ("scrapy==2.13.4 ; python_version >= '3.9' --hash=sha256:00", true),
        ])
    func lock(text: String, isLock: Bool) throws {
        #expect(try Requirements(parsing: text, name: "requirements.txt").isLock == isLock)
    }

    @Test("Names, files, indexes and local packages are found")
    func parts() throws {
        let read = try Requirements(
            parsing: """
                --index-url https://user:secret@example.org/simple  # ours
                --extra-index-url=https://other.example.org/simple
                -fwheels
                -r more.txt
                -climits.txt
                Scrapy[extra] >= 2.11 # the framework
                zope.interface; python_version < "4"
                -e ./libs/own
                thing @ https://example.org/thing-1-py3-none-any.whl#sha256=00
                """, name: "requirements.txt")
        #expect(read.names == ["scrapy", "zope-interface", "thing"])
        #expect(read.files == ["more.txt", "limits.txt"])
        #expect(read.index == "https://user:secret@example.org/simple")
        #expect(read.extraIndexes == ["https://other.example.org/simple"] && read.links == ["wheels"])
        #expect(read.localPackages == ["./libs/own"] && read.hadEditable)
        #expect(!read.text.contains("secret") && !read.text.contains("-e "), "\(read.text)")
    }

    @Test(
        "A path that leaves the project is refused, as is an option that nobody knows",
        arguments: [
            "-r /etc/shadow", "-r ../../etc/shadow", "-c ~/limits", "../lib", "/srv/lib", "-e ../lib", "./a/../../b",
            "lib @ file:///srv/lib", "file:///srv/lib", "-r https://example.org/r.txt", "-r ${HOME}/r",
            "--find-links /srv/wheels",
            "--pyproject x", "-r", "-f ../wheels",
        ])
    func refused(text: String) {
        #expect(throws: EnvironmentFailure.self) {
            try Requirements(parsing: "scrapy\n\(text)\n", name: "requirements.txt")
        }
    }

    @Test("The packages of a lock, with their versions")
    func locked() {
        let lock = "a-b==1.0 ; python_version >= \"3\" --hash=sha256:00\nc[x]==2 --hash=sha256:00\n./libs/own\n"
        #expect(LockedPackages.names(in: lock, named: "requirements.lock") == ["a-b-1.0", "c-2", "./libs/own"])
        let pylock =
            "lock-version = \"1.0\"\n\n[[packages]]\nname = \"a\"\nversion = \"1\"\n\n[[packages]]\nname = \"own\"\n"
        #expect(LockedPackages.names(in: pylock, named: "pylock.toml") == ["a-1", "own"])
    }

    @Test("A path in a file below may lead up to the project, and not further")
    func nested() throws {
        #expect(try Requirements(parsing: "-r ../more.txt", name: "sub/r.txt").files == ["../more.txt"])
        #expect(throws: EnvironmentFailure.self) { try Requirements(parsing: "-r ../../more.txt", name: "sub/r.txt") }
    }
}
