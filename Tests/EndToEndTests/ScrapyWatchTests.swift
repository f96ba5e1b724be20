import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// An environment of Python with a Scrapy in it that does nothing.
struct ThinEnvironment {
    let path: String
    let scrapy: String
    let python: String
    private let module: String

    init(in folder: Folder) async throws {
        path = folder.fresh("environment")
        scrapy = "\(path)/bin/scrapy"
        python = "\(path)/bin/python3"
        try await folder.run("/usr/bin/python3", "-m", "venv", "--without-pip", path)
        module = try await folder.run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'), end='')")
        try install()
    }

    /// Installs Scrapy, or makes it whole again.
    func install() throws {
        try File.makeDirectory("\(module)/scrapy")
        try File.write("", to: "\(module)/scrapy/__init__.py")
        try File.write("#!\(python)\nfrom scrapy.cmdline import execute\n", to: scrapy)
        chmod(scrapy, 0o755)
    }

    /// Removes Scrapy from Python; its program stays.
    func removeModule() {
        unlink("\(module)/scrapy/__init__.py")
        rmdir("\(module)/scrapy")
    }
}

@Suite("Whether the server's Scrapy can run", .fewAtATime)
struct ScrapyWatchTests {
    @Test(
        "A program, a Python or a Scrapy that is gone under a running server is told with what to do, until it is back")
    func gone() async throws {
        try await Folder.with { folder in
            let environment = try await ThinEnvironment(in: folder)
            let server = try await Server(in: folder, flags: ["--scrapy", environment.scrapy])
            let remedy = "install Scrapy there again, or name another program by scrapy in the configuration"
            /// Loads the page, by which the server looks, until it says this. A look may be under way that began before a
            /// change.
            func becomes(_ expected: String?) async throws {
                let deadline = ContinuousClock.now + patience
                repeat {
                    _ = try await server.curl("")
                } while try await server.ok("status.json")["scrapy-problem"]?.text != expected && .now < deadline
                let page = try await server.curl("")
                #expect(page.text.contains(#""scrapy-problem""#) == (expected != nil))
                let status = try await server.ok("status.json")
                #expect(status["scrapy-problem"]?.text == expected)
                #expect(status["scrapy-remedy"]?.text == expected.map { _ in remedy })
                #expect(try await server.ok("overview.json")["scrapy-problem"]?.text == expected)
                // Projects with environments of their own do not need it.
                #expect(try await server.curl("readyz").json["checks"]?["scrapy"] == nil)
            }
            try await becomes(nil)
            try await folder.run("mv", environment.python, "\(environment.path)/away")
            try await becomes("\(environment.scrapy) needs \(environment.python), which is not there")
            environment.removeModule()
            try await folder.run("mv", "\(environment.path)/away", environment.python)
            try await becomes("\(environment.python) has no Scrapy")
            try environment.install()
            try await becomes(nil)
            chmod(environment.scrapy, 0o644)
            try await becomes("\(environment.scrapy) cannot be executed")
            unlink(environment.scrapy)
            try await becomes("there is no program \(environment.scrapy)")
            try environment.install()
            try await becomes(nil)
            let lines = server.log.split(separator: "\n").filter { $0.contains("server's Scrapy") }
            #expect(
                lines.count { $0.contains("The server's Scrapy cannot run: ") && $0.contains(remedy) } == 4, "\(lines)")
            #expect(lines.count { $0.contains("The server's Scrapy can run again") } == 2, "\(lines)")
        }
    }

    @Test("Python without Scrapy at the start is told; of a program that is no script of Python nothing is said")
    func start() async throws {
        try await Folder.with { folder in
            let environment = try await ThinEnvironment(in: folder)
            environment.removeModule()
            let server = try await Server(in: folder, flags: ["--scrapy", environment.scrapy])
            _ = try await server.process.awaitLine("The server's Scrapy cannot run: ", in: folder)
            try await server.process.end(by: SIGTERM)
            let stub = try Stub.write(in: folder, ["quick": "exit 0"])
            let other = try await Server(in: folder, spool: "other", flags: ["--scrapy", stub])
            _ = try await other.curl("")
            #expect(try await other.ok("status.json")["scrapy-problem"] == nil)
        }
    }

    @Test("A Python that does not answer keeps no page waiting, and says nothing about Scrapy")
    func hanging() async throws {
        try await Folder.with { folder in
            let environment = try await ThinEnvironment(in: folder)
            let server = try await Server(in: folder, flags: ["--scrapy", environment.scrapy])
            _ = try await server.curl("")
            unlink(environment.python)
            // It notes that it was asked.
            try File.write("#!/bin/sh\n: > '\(folder.path)/asked'\nexec sleep 1000\n", to: environment.python)
            chmod(environment.python, 0o755)
            for _ in 1...20 {
                let page = try await server.curl("")
                #expect(page.status == 200 && !page.text.contains(#""scrapy-problem""#))
            }
            try await waitFor("the question", in: [folder.path]) { File.exists("\(folder.path)/asked") ? () : nil }
            #expect(try await server.ok("status.json")["scrapy-problem"] == nil)
            #expect(try await server.process.end(by: SIGTERM).exit == 0, "\(server.log)")
            try await server.awaitSolitude()
        }
    }
}
