import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite(
    "Packages of projects", .fewAtATime, .enabled(if: PackageIndex.uv != nil, "uv is not installed: run tools/setup"))
struct EnvironmentTests {
    static func environments(of server: Server) -> [String] {
        File.names("\(server.spool)/environments").filter { !$0.hasPrefix(".") }
    }

    /// Runs the spider `fast` and gives its output.
    static func run(_ project: String, on server: Server) async throws -> String {
        let id = try await server.schedule("\(project)/fast")
        let status = try await server.ended(id)
        let output = try File.text(server.directory(of: id) + "/job.out")
        guard status.state == .successful else { throw Failure("\(status.line)\(server.log(of: id))\(output)") }
        return output
    }

    @Test("Two projects run with two versions of Scrapy, compiled and read-only, and a third one with the server's")
    func sideBySide() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server()
            let old = try await server.push(index.archive("old", ["requirements.txt": "scrapy==2.11.2\n"]))
            let new = try await server.push(index.archive("new", ["requirements.txt": "scrapy\nw3lib==1.2\n"]))
            let plain = try await server.push(index.archive("plain", [:]))
            #expect(old["environment"]?["scrapy"]?.text == "2.11.2" && old["environment"]?["packages"]?.integer == 2)
            #expect(old["environment"]?["input"]?.text == "requirements.txt")
            #expect(new["environment"]?["scrapy"]?.text == "2.13.4" && plain["environment"] == nil)
            #expect(old["spiders"]?.texts == ["fast", "slow"])
            let first = try await EnvironmentTests.run("old", on: server)
            #expect(first.contains("scrapy 2.11.2 w3lib 1.3") && first.contains("cached True"), "\(first)")
            let second = try await EnvironmentTests.run("new", on: server)
            #expect(second.contains("scrapy 2.13.4 w3lib 1.2"), "\(second)")
            #expect(try await EnvironmentTests.run("plain", on: server) == "out\n")
            // Equal locks share one environment, whatever file they come from.
            let lock = try File.text("\(server.spool)/projects/old/versions/1/requirements.lock")
            #expect(lock.contains("w3lib==1.3") && lock.contains("--hash=sha256:"))
            let same = try await server.push(index.archive("same", ["requirements.lock": lock]))
            #expect(same["environment"]?["key"] == old["environment"]?["key"], "\(same)")
            #expect(same["environment"]?["shared"] == .bool(true))
            #expect(EnvironmentTests.environments(of: server).count == 2)
            let place = "\(server.spool)/environments/\(old["environment"]?["key"]?.text ?? "")/python"
            let library = try #require(File.names("\(place)/lib").first { $0.hasPrefix("python") })
            let module = try Directory(path: "\(place)/lib/\(library)/site-packages").information("w3lib.py")
            #expect(module.permissions == 0o444 && module.links == 1)
            let listed = try await server.ok("list-versions.json?project=old")
            #expect(listed["versions"]?.elements?.first?["environment"]?["scrapy"]?.text == "2.11.2")
            let client = try await folder.run(Place.server(), "versions", "old", "--url", server.url(""))
            #expect(client.contains("2, Scrapy 2.11.2, Python 3"), "\(client)")
            let check = try folder.start([try Place.server(), "check", server.spool])
            #expect(try await check.wait().exit == 0, "\(check.said)")
        }
    }

    @Test("What cannot be built is refused with the cause; the version before stays, and nothing is left")
    func failures() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server("--build-timeout", "90s", "--build-size", "64M")
            try await server.push(index.archive("shop", ["requirements.txt": "scrapy==2.11.2\n"]))
            let before = EnvironmentTests.environments(of: server)
            let wrong = index.lock("2.13.4").replacing(index.digest("w3lib", "1.3"), with: index.digest("w3lib", "1.2"))
            let bad: [(files: [String: String], parts: [String])] = [
                (
                    ["requirements.txt": "scrapy\nneeds-old\nneeds-new\n"],
                    ["needs-old", "needs-new", "requirements.txt"]
                ),
                (["requirements.txt": "scrapy\nno-such-package\n"], ["no-such-package"]),
                (["requirements.txt": "scrapy==9\n"], ["scrapy==9"]), (["requirements.lock": wrong], ["Hash mismatch"]),
                (["requirements.txt": "scrapy\nfails\n"], ["no compiler"]),
                (["requirements.txt": "scrapy\nforks\n"], ["forked"]),
                (["requirements.txt": "scrapy\nprints\n"], ["Unable to build"]),
                (["requirements.txt": "scrapy\nfills\n"], ["Unable to build"]),
                (["requirements.txt": "scrapy\nswells\n"], ["it wrote more than 64 MiB"]),
                (
                    ["requirements.txt": "scrapy", "scrapy.cfg": "[scrapy-spool]\npython = 3.99\n"],
                    ["3.99", "/usr/bin/python3"]
                ),
                (["requirements.txt": "-r /etc/passwd\n"], ["/etc/passwd", "not in the project"]),
                (["requirements.txt": "-r none.txt\n"], ["none.txt"]),
                (["requirements.txt": "scrapy = 2\n"], ["requirements.txt"]),
                (
                    ["requirements.lock": "w3lib==1.3 --hash=sha256:\(index.digest("w3lib", "1.3"))\n"],
                    ["Scrapy is not in it"]
                ),
                (["poetry.lock": "[metadata]\nlock-version = \"1.1\"\n"], ["poetry lock"]),
                (["Pipfile.lock": "{"], ["cannot be read"]),
            ]
            for (files, parts) in bad {
                let answer = try await server.curl(
                    "push-project.json", "-F", "archive=@\(index.archive("shop", files))")
                #expect(answer.status == 400, "\(files): \(answer.text)")
                for part in parts { #expect(answer.message?.contains(part) == true, "\(files): \(answer.text)") }
                #expect(try answer.json["stage"]?.text != nil)
            }
            #expect(EnvironmentTests.environments(of: server) == before)
            #expect(File.names("\(server.spool)/tmp").filter { !$0.hasPrefix("rubbish") } == [])
            #expect(File.names("\(server.spool)/projects/shop/versions") == ["1"])
            #expect(try await EnvironmentTests.run("shop", on: server).contains("scrapy 2.11.2"))
            try await server.awaitSolitude()
        }
    }

    @Test("A build that hangs ends after build-timeout, and an index that says nothing or is away is 503")
    func slow() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            // An index that is away is asked several times, which may take longer than the short time below.
            let patient = try await index.server()
            let away = try await index.archive(
                "shop", ["requirements.txt": "--index-url http://127.0.0.1:9/simple\nscrapy\n"])
            let refused = try await patient.curl("push-project.json", "-F", "archive=@\(away)")
            #expect(refused.status == 503 && refused[field: "retry-after"] == "60", "\(refused.text)")
            try await patient.process.end(by: SIGTERM)
            let server = try await index.server("--build-timeout", "5s")
            let hanging = try await index.archive("shop", ["requirements.txt": "scrapy\nhangs\n"])
            let hung = try await server.curl("push-project.json", "-F", "archive=@\(hanging)")
            #expect(hung.status == 400 && hung.message?.contains("took more than 5 s") == true, "\(hung.text)")
            let silent = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(silent) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(silent, $0, length)
                    listen(silent, 8)
                    getsockname(silent, $0, &length)
                }
            }
            let port = UInt16(bigEndian: address.sin_port)
            let mute = try await index.archive(
                "shop", ["requirements.txt": "--index-url http://127.0.0.1:\(port)/simple\nscrapy\n"])
            let stuck = try await server.curl("push-project.json", "-F", "archive=@\(mute)")
            #expect([400, 503].contains(stuck.status), "\(stuck.text)")
            #expect(
                stuck.message?.contains("took more than 5 s") == true || stuck.message?.contains("timed out") == true)
            #expect(File.names("\(server.spool)/projects") == [".lock"] || File.names("\(server.spool)/projects") == [])
            try await server.awaitSolitude()
        }
    }

    @Test("Two pushes of one lock at once make one environment")
    func atOnce() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server()
            let archives = [
                try await index.archive("one", ["requirements.lock": index.lock("2.13.4")]),
                try await index.archive("two", ["requirements.lock": index.lock("2.13.4")]),
            ]
            async let first = server.push(archives[0])
            async let second = server.push(archives[1])
            let answers = try await [first, second]
            #expect(Set(answers.compactMap { $0["environment"]?["key"]?.text }).count == 1)
            #expect(answers.filter { $0["environment"]?["shared"] == .bool(true) }.count == 1)
            #expect(EnvironmentTests.environments(of: server).count == 1)
        }
    }

    @Test(
        "Without its environment a job waits until it is built again, also in a copy of the spool, and without an index"
    )
    func restored() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server()
            try await server.push(index.archive("shop", ["requirements.txt": "scrapy==2.11.2\n"]))
            let lock = try File.text("\(server.spool)/projects/shop/versions/1/requirements.lock")
            for _ in 1...3 {
                let ids = [
                    try await server.schedule("shop/fast"), try await server.schedule("shop/fast"),
                ]
                for id in ids { #expect(try await server.ended(id).state == .successful, "\(server.log(of: id))") }
                try await folder.shell(
                    "chmod -R u+w '\(server.spool)/environments'; rm -rf '\(server.spool)/environments'")
            }
            let last = try await server.schedule("shop/fast")
            #expect(try await server.ended(last).state == .successful, "\(server.log(of: last)) \(server.log)")
            #expect(server.log.contains("Jobs of project shop wait: its Python environment is missing"))
            #expect(try File.text("\(server.spool)/projects/shop/versions/1/requirements.lock") == lock)
            _ = try await server.process.end(by: SIGTERM)
            try await folder.shell("rsync -a --exclude=/environments '\(server.spool)/' '\(folder.path)/copy/'")
            let copy = try await Server(
                in: folder, spool: "copy",
                flags: [
                    "--uv", PackageIndex.uv ?? "uv", "--package-index", index.url, "--hold-copies", "never", "--scrapy",
                    "\(folder.path)/stand-in",
                ])
            #expect(try await EnvironmentTests.run("shop", on: copy).contains("scrapy 2.11.2"))
        }
    }

    @Test("Jobs whose environment cannot be built again wait, and fail in the end with the reason")
    func lost() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server()
            try await server.push(index.archive("shop", ["requirements.txt": "scrapy==2.11.2\n"]))
            let lock = "\(server.spool)/projects/shop/versions/1/requirements.lock"
            try await folder.shell(
                "chmod -R u+w '\(server.spool)/environments'; rm -rf '\(server.spool)/environments'; sed -i 's/2.11.2/9/' '\(lock)'"
            )
            let id = try await server.schedule("shop/fast")
            let status = try await server.waitFor("ends", of: id, within: .seconds(600)) { $0.state.isFinal }
            #expect(status.state == .failed && status[.reason] == "no-environment", "\(status.line)")
            #expect(server.log.contains("scrapy==9"))
        }
    }

    @Test("Without uv a push says that packages are not installed, and how to change it")
    func without() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server(flags: ["--uv", "off"])
            let answer = try await server.push(index.archive("shop", ["requirements.txt": "scrapy==2.11.2\n"]))
            let warnings = answer["warnings"]?.texts ?? []
            #expect(warnings.contains { $0.contains("requirements.txt") && $0.contains("pip install uv") }, "\(answer)")
            #expect(answer["environment"] == nil)
            #expect(try await EnvironmentTests.run("shop", on: server) == "out\n")
            #expect(try await server.push(index.archive("plain", [:]))["warnings"] == nil)
        }
    }

    @Test("A server that is killed while it builds leaves nothing that the next one uses")
    func killed() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let first = try await index.server()
            let archive = try await index.archive("shop", ["requirements.txt": "scrapy\nhangs\n"])
            let push = try folder.start(["curl", "-s", first.url("push-project.json"), "-F", "archive=@\(archive)"])
            try await waitFor("a build", in: ["\(first.spool)/tmp"]) {
                File.names("\(first.spool)/tmp").contains { $0.hasPrefix("build-") } ? () : nil
            }
            try await first.process.end(by: SIGKILL)
            _ = try await push.wait()
            let server = try await index.server()
            try await server.awaitSolitude()
            try await server.push(index.archive("shop", ["requirements.txt": "scrapy==2.13.4\n"]))
            #expect(try await EnvironmentTests.run("shop", on: server).contains("scrapy 2.13.4"))
            let names = { File.names("\(server.spool)/tmp").filter { $0.hasPrefix("build-") } }
            #expect(names() == [])
        }
    }

    @Test("An environment that no version names is deleted after keep-environments")
    func collected() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server("--keep-environments", "0s")
            try await server.push(index.archive("shop", ["requirements.txt": "scrapy==2.11.2\n"]))
            let first = try #require(EnvironmentTests.environments(of: server).first)
            try await server.push(index.archive("shop", ["requirements.txt": "scrapy==2.13.4\n"]))
            // The version before goes, and with the next change its environment.
            let versions = "\(server.spool)/projects/shop/versions"
            try await waitFor("one version", in: [versions]) { File.names(versions) == ["2"] ? () : nil }
            try await server.push(index.archive("other", [:]))
            let stock = "\(server.spool)/environments"
            try await waitFor("no \(first)", in: [stock]) { File.names(stock).contains(first) ? nil : () }
            #expect(try await EnvironmentTests.run("shop", on: server).contains("scrapy 2.13.4"))
        }
    }
}
