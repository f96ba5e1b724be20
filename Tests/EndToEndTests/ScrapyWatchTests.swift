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
            /// What the server says after the page was loaded, by which it looks.
            func problem() async throws -> String? {
                let page = try await server.curl("")
                let status = try await server.ok("status.json")
                let text = status["scrapy-problem"]?.text
                #expect(page.text.contains(#""scrapy-problem""#) == (text != nil))
                #expect(try await server.ok("overview.json")["scrapy-problem"]?.text == text)
                #expect(status["scrapy-remedy"]?.text == text.map { _ in remedy })
                // Projects with environments of their own do not need it.
                #expect(try await server.curl("readyz").json["checks"]?["scrapy"] == nil)
                return text
            }
            #expect(try await problem() == nil)
            try await folder.run("mv", environment.python, "\(environment.path)/away")
            #expect(try await problem() == "\(environment.scrapy) needs \(environment.python), which is not there")
            environment.removeModule()
            try await folder.run("mv", "\(environment.path)/away", environment.python)
            #expect(try await problem() == "\(environment.python) has no Scrapy")
            try environment.install()
            #expect(try await problem() == nil)
            chmod(environment.scrapy, 0o644)
            #expect(try await problem() == "\(environment.scrapy) cannot be executed")
            unlink(environment.scrapy)
            #expect(try await problem() == "there is no program \(environment.scrapy)")
            try environment.install()
            #expect(try await problem() == nil)
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
}
