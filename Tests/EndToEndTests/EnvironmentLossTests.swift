import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// Environments that are deleted, damaged, attacked, or not finished.
@Suite(
    "Python environments in trouble", .fewAtATime,
    .enabled(if: PackageIndex.uv != nil, "uv is not installed: run tools/setup"))
struct EnvironmentLossTests {
    @Test("Deleting all environments while jobs start fails none of them")
    func deleted() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server()
            try await server.push(index.archive("shop", ["requirements.txt": "scrapy==2.11.2\n"]))
            try await server.push(index.archive("other", ["requirements.txt": "scrapy==2.13.4\n"]))
            var ids: [JobID] = []
            for number in 1...24 {
                ids.append(try await server.schedule(number % 3 == 0 ? "other/fast" : "shop/fast"))
                guard [4, 12, 20].contains(number) else { continue }
                // What is built meanwhile may be gone, or there again.
                try await folder.shell(
                    "{ chmod -R u+w '\(server.spool)/environments'; rm -rf '\(server.spool)/environments'; } || true")
            }
            for id in ids {
                let status = try await server.waitFor("ends", of: id, within: .seconds(600)) { $0.state.isFinal }
                #expect(status.state == .successful, "\(status.line) \(server.log(of: id))")
            }
            #expect(EnvironmentTests.environments(of: server).count == 2)
        }
    }

    @Test("A job that starts while its environment is slowly deleted does not fail: it runs when that is there again")
    func deletedSlowly() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server()
            try await server.push(index.archive("shop", ["requirements.txt": "scrapy==2.11.2\n"]))
            let place = "\(server.spool)/environments"
            let packages = "'\(place)'/*/python/lib/python3*/site-packages"
            try await folder.shell("chmod -R u+w '\(place)'; ls -d \(packages)/scrapy*; rm -rf \(packages)/scrapy*")
            let id = try await server.schedule("shop/fast")
            _ = try await server.file("job.err", of: id, containing: "scrapy")
            // More than two seconds, for which a shim once waited.
            try await folder.shell("sleep 3; rm -rf '\(place)'")
            let status = try await server.waitFor("ends", of: id, within: .seconds(300)) { $0.state.isFinal }
            #expect(status.state == .successful, "\(status.line) \(server.log(of: id))")
        }
    }

    @Test("A server that is killed before any step of a build leaves nothing that the next one uses")
    func killed() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let uv = try #require(PackageIndex.uv)
            // Each call of uv is counted; at that of the file `at`, the server is killed first.
            let wrapper = "\(folder.path)/uv"
            try File.write(
                """
                #!/bin/bash
                echo x >> '\(folder.path)/calls'
                if [ "$(wc -l < '\(folder.path)/calls')" = "$(cat '\(folder.path)/at')" ]; then
                    kill -9 "$(cat '\(folder.path)/pid')"
                fi
                exec '\(uv)' "$@"
                """, to: wrapper)
            chmod(wrapper, 0o755)
            let archive = try await index.archive("shop", ["requirements.txt": "scrapy==2.13.4\n"])
            var step = 0
            while true {
                step += 1
                try File.write("\(step)\n", to: "\(folder.path)/at")
                try File.write("", to: "\(folder.path)/calls")
                let first = try await index.server(flags: ["--uv", wrapper])
                try File.write("\(first.process.identity.pid)\n", to: "\(folder.path)/pid")
                try await folder.shell(
                    "chmod -R u+w '\(first.spool)/environments' || true; rm -rf '\(first.spool)/environments'")
                let push = try folder.start(["curl", "-s", first.url("push-project.json"), "-F", "archive=@\(archive)"])
                _ = try await push.wait()
                let calls = try File.text("\(folder.path)/calls").split(separator: "\n").count
                if calls < step {
                    // All steps are done: this server lives.
                    #expect(try await EnvironmentTests.run("shop", on: first).contains("scrapy 2.13.4"))
                    break
                }
                _ = try await first.process.wait()
                let server = try await index.server()
                try await server.awaitSolitude()
                try await server.push(archive)
                #expect(try await EnvironmentTests.run("shop", on: server).contains("scrapy 2.13.4"))
                #expect(File.names("\(server.spool)/tmp").filter { $0.hasPrefix("build-") } == [], "step \(step)")
                #expect(EnvironmentTests.environments(of: server).count == 1, "step \(step)")
                _ = try await server.process.end(by: SIGTERM)
                let check = try folder.start([try Place.server(), "check", "--environments", server.spool])
                #expect(try await check.wait().exit == 0, "step \(step): \(check.said)")
            }
            #expect(step > 3)
        }
    }

    @Test(
        "A full disk refuses a build, keeps the version before, and leaves nothing",
        .enabled(if: Host.effectiveUser == 0))
    func full() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let place = "\(folder.path)/spool"
            try File.makeDirectory(place)
            try await folder.run("mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", place)
            do {
                let server = try await index.server()
                try await server.push(index.archive("shop", ["requirements.txt": "scrapy==2.11.2\n"]))
                let before = EnvironmentTests.environments(of: server)
                // The package fills what is left of the disk long before it has written build-size.
                let archive = try await index.archive("shop", ["requirements.txt": "scrapy\nfills\n"])
                let answer = try await server.curl("push-project.json", "-F", "archive=@\(archive)")
                #expect([400, 507].contains(answer.status), "\(answer.text)")
                #expect(EnvironmentTests.environments(of: server) == before)
                #expect(File.names("\(server.spool)/tmp").filter { !$0.hasPrefix("rubbish") } == [])
                #expect(File.names("\(server.spool)/projects/shop/versions") == ["1"])
                // There is room again, without anybody's help.
                #expect(try await EnvironmentTests.run("shop", on: server).contains("scrapy 2.11.2"))
                try await server.push(index.archive("shop", ["requirements.txt": "scrapy==2.13.4\n"]))
                #expect(try await EnvironmentTests.run("shop", on: server).contains("scrapy 2.13.4"))
                try await server.awaitSolitude()
                _ = try await server.process.end(by: SIGTERM)
            } catch {
                try await folder.run("umount", "-l", place)
                throw error
            }
            try await folder.run("umount", "-l", place)
        }
    }

    @Test(
        "A hostile package is built as the user of run-as, and changes nothing but its own build",
        .enabled(if: Host.effectiveUser == 0))
    func hostile() async throws {
        try await Folder.with { folder in
            chmod(folder.path, 0o711)
            let nobody = try #require(AccountEntry(named: "nobody"))
            let index = try await PackageIndex(in: folder)
            let server = try await index.server(
                flags: ["--run-as", "nobody"], environment: ["UV_INDEX_OTHER_PASSWORD=a-secret"])
            let first = try await server.push(index.archive("shop", ["requirements.txt": "scrapy==2.11.2\n"]))
            let key = first["environment"]?["key"]?.text ?? ""
            let all =
                "find '\(server.spool)/projects/shop' '\(server.spool)/environments/\(key)' -printf '%p %m %U %G %l\\n' -type f -exec md5sum {} +; find '\(server.spool)/environments/.cache' -type f -exec md5sum {} + | sort"
            let before = try await folder.shell(all)
            let library = "\(server.spool)/environments/\(key)/python/lib"
            let version = try #require(File.names(library).first { $0.hasPrefix("python") })
            let known = ["\(library)/\(version)/site-packages/w3lib.py", "\(server.spool)/projects/shop/status"]
            let answer = try await server.push(
                index.archive(
                    "bad",
                    ["requirements.txt": "scrapy==2.11.2\nhostile\n", "known.txt": known.joined(separator: "\n")]))
            #expect(answer["environment"]?["packages"]?.integer == 3, "\(answer)")
            let output = try await EnvironmentTests.run("bad", on: server)
            #expect(output.contains("hostile \(nobody.account.user) []"), "\(output)")
            let after = try await folder.shell(all)
            // What its lock needed of wheels may be new in the cache.
            for line in before.split(separator: "\n") { #expect(after.contains(line), "\(line)") }
            #expect(
                after.split(separator: "\n").filter { !$0.contains("/.cache/") }.count
                    == before.split(separator: "\n").filter { !$0.contains("/.cache/") }.count)
            let bad = answer["environment"]?["key"]?.text ?? ""
            let odd = try await folder.shell(
                "find '\(server.spool)/environments/\(bad)' -type l -lname '/etc*' -o -not -user root -o -name 'leak*'")
            #expect(odd == "", "\(odd)")
            #expect(File.names("\(server.spool)/tmp").filter { !$0.hasPrefix("rubbish") } == [])
            try await server.awaitSolitude()
            // A build that fails says why.
            let failing = try await index.archive("bad", ["requirements.txt": "scrapy\nfails\n"])
            let refused = try await server.curl("push-project.json", "-F", "archive=@\(failing)")
            #expect(refused.status == 400 && refused.message?.contains("no compiler") == true, "\(refused.text)")
        }
    }

    @Test("A file of an environment that was changed is found by check, and what is repaired is built again")
    func damaged() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server()
            let answer = try await server.push(index.archive("shop", ["requirements.txt": "scrapy==2.11.2\n"]))
            let key = answer["environment"]?["key"]?.text ?? ""
            let place = "\(server.spool)/environments/\(key)"
            let check: (String...) async throws -> (exit: Int32, text: String) = { words in
                let run = try folder.start([try Place.server(), "check"] + words + [server.spool])
                let exit = try await run.wait().exit
                return (exit ?? -1, try File.text(run.out))
            }
            #expect(try await check("--environments").exit == 0)
            try await folder.shell(
                "f=$(find '\(place)' -name w3lib.py); chmod u+w \"$f\"; echo 'VERSION = 0' >> \"$f\"; chmod u-w \"$f\"")
            #expect(try await check().exit == 0)
            let found = try await check("--environments")
            #expect(
                found.exit == 1 && found.text.contains("environments/\(key)") && found.text.contains("w3lib.py"),
                "\(found)")
            _ = try await server.process.end(by: SIGTERM)
            let repaired = try await check("--environments", "--repair")
            #expect(repaired.exit == 0, "\(repaired)")
            #expect(!File.exists(place))
            let next = try await index.server()
            #expect(try await EnvironmentTests.run("shop", on: next).contains("w3lib 1.3"))
            #expect(try await check("--environments").exit == 0)
            try await folder.shell("f=$(find '\(place)' -name w3lib.py); chmod -R u+w '\(place)'; rm \"$f\"")
            #expect(try await check("--environments").text.contains("missing"))
        }
    }

    @Test("A push can ask for the server's Scrapy, and each version says what it runs with")
    func optedOut() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server("--keep-versions", "5")
            let archive = try await index.archive("shop", ["requirements.txt": "scrapy==2.11.2\n"])
            try await server.push(archive)
            let answer = try await server.ok(
                "push-project.json", "-F", "archive=@\(archive)", "-F", "environment=server")
            #expect(answer["environment"] == nil && answer["warnings"] == nil, "\(answer)")
            #expect(try await EnvironmentTests.run("shop", on: server) == "out\n")
            let own = try await server.ok("get-environment.json?project=shop&version=1")
            let packages = (own["packages"]?.elements ?? []).map {
                "\($0["name"]?.text ?? "") \($0["version"]?.text ?? "")"
            }
            #expect(packages == ["Scrapy 2.11.2", "w3lib 1.3"], "\(own)")
            #expect(own["content"]?.text?.contains("w3lib==1.3 --hash=sha256:") == true, "\(own)")
            // From the lock, while the environment is missing.
            try await folder.shell("chmod -R u+w '\(server.spool)/environments'; rm -rf '\(server.spool)/environments'")
            let lost = try await server.ok("get-environment.json?project=shop&version=1")
            #expect(lost["packages"]?.elements?.last?["version"]?.text == "1.3", "\(lost)")
            let plain = try await server.ok("get-environment.json?project=shop")
            #expect(plain["version"]?.integer == 2 && plain["packages"] == nil, "\(plain)")
            for query in ["project=none", "project=shop&version=9", "project=shop&version=x", "version=1"] {
                let bad = try await server.curl("get-environment.json?\(query)")
                #expect(bad.status == 400, "\(query): \(bad.text)")
            }
            let bad = try await server.curl("push-project.json", "-F", "archive=@\(archive)", "-F", "environment=none")
            #expect(bad.status == 400 && bad.message?.contains("server") == true, "\(bad.text)")
            // The same by the client.
            let project = "\(folder.path)/desk"
            try File.makeDirectory(project)
            try await folder.run("unzip", "-q", archive, "-d", project)
            let push = try folder.start(
                [try Place.server(), "push", "--no-environment", "--url", server.url("")], in: "\(project)/shop")
            #expect(try await push.wait().exit == 0, "\(push.said)")
            let versions = try await server.ok("list-versions.json?project=shop")
            #expect(versions["versions"]?.elements?.map { $0["environment"] == nil }.first == true, "\(versions)")
            let listed = try await folder.run(
                Place.server(), "versions", "shop", "--packages", "1", "--url", server.url(""))
            #expect(listed.contains("w3lib") && listed.contains("1.3"), "\(listed)")
        }
    }

    /// Another Python than the one that the server finds by itself; nil if there is none here.
    private static let otherPython: String? = {
        let own = Set(File.names("/usr/bin") + File.names("/usr/local/bin"))
        let places = File.names("/root/.pyenv/versions").sorted().reversed().map { "/root/.pyenv/versions/\($0)/bin" }
        for place in places {
            for name in File.names(place) where name.hasPrefix("python3.") && !own.contains(name) {
                guard name.dropFirst("python3.".count).allSatisfy(\.isNumber),
                    (Int(name.dropFirst("python3.".count)) ?? 0) >= 9, File.isProgram("\(place)/\(name)")
                else { continue }
                return "\(place)/\(name)"
            }
        }
        return nil
    }()

    @Test(
        "A project gets one of the Pythons that the configuration names",
        .enabled(if: EnvironmentLossTests.otherPython != nil, "there is no second Python"))
    func pythons() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let other = try #require(EnvironmentLossTests.otherPython)
            let system = try #require(
                File.names("/usr/bin").first { $0.hasPrefix("python3.") && $0.dropFirst(8).allSatisfy(\.isNumber) })
            let server = try await index.server(flags: ["--pythons", "/usr/bin/\(system) \(other)"])
            let wish = other.split(separator: "python").last ?? ""
            let first = try await server.push(index.archive("one", ["requirements.txt": "scrapy==2.11.2\n"]))
            let second = try await server.push(
                index.archive("two", ["requirements.txt": "scrapy==2.11.2\n", ".python-version": "\(wish)\n"]))
            #expect(second["environment"]?["python"]?.text?.hasPrefix("\(wish).") == true, "\(second)")
            #expect(first["environment"]?["key"] != second["environment"]?["key"], "\(first)")
            #expect(try await EnvironmentTests.run("two", on: server).contains("cached True"))
            #expect(try await EnvironmentTests.run("one", on: server).contains("cached True"))
        }
    }
}
