import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Versions and variables of projects", .fewAtATime)
struct RollbackTests {
    @Test("An earlier version becomes the current one, and jobs that start from then on run it")
    func rollback() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let users = try Users(in: folder)
            let server = try await Server(
                in: folder, flags: ["--scrapy", standIn.scrapy] + users.flags, habits: users.alice,
                environment: ["SCRAPY_SPOOL_KEEP_VERSIONS=3"])
            try await server.push(try await standIn.archive("shop", ["fast", "old"]))
            try await server.push(try await standIn.archive("shop", ["fast", "new"]))
            let listed = try await server.ok("list-versions.json?project=shop")
            #expect(listed["current"]?.integer == 2)
            #expect(listed["versions"]?.elements?.map { $0["version"]?.integer } == [2, 1])
            #expect(listed["versions"]?.elements?.last?["spiders"]?.texts == ["fast", "old"])
            #expect(listed["versions"]?.elements?.last?["by"]?.text == "alice")
            let kept = try await server.schedule("shop/new", when: "every 3 days")
            for (fields, part) in [
                (["project=shop"], "\"version\""), (["project=shop", "version=x"], "the number of a version"),
                (["project=shop", "version=9"], "no version 9: there are 2, 1"),
                (["project=none", "version=1"], "none"),
                // It would lose its spider.
                (["project=shop", "version=1"], "new is going to be removed"),
            ] {
                let answer = try await server.curl("set-version.json", options: fields.flatMap { ["-F", $0] })
                #expect(answer.status == 400 && answer.message?.contains(part) == true, "\(fields): \(answer.text)")
            }
            _ = try await server.ok("cancel-job.json", "-F", "id=\(kept)")
            let made = try await server.ok("set-version.json", "-F", "project=shop", "-F", "version=1")
            #expect(made["version"]?.integer == 1 && made["earlier"]?.integer == 2)
            #expect(made["spiders"]?.texts == ["fast", "old"])
            #expect(try await server.ok("list-spiders.json?project=shop")["spiders"]?.texts == ["fast", "old"])
            let line = try File.text("\(server.spool)/projects/shop/status")
            #expect(line.hasPrefix("READY ") && line.contains(" version=1 ") && line.contains(" by=alice"), "\(line)")
            #expect(server.log.contains("Made another version current") && server.log.contains("by=alice"))
            let id = try await server.schedule("shop/old")
            // The stand-in ends with 4 for a spider without a deed of its own.
            #expect(try await server.ended(id)[.version] == 1)
            // Both stay, a new push comes after all of them, and the same again changes nothing.
            let again = try await server.ok("set-version.json", "-F", "project=shop", "-F", "version=1")
            #expect(again["earlier"]?.integer == 1)
            try await server.push(try await standIn.archive("shop", ["fast"]))
            #expect(File.names("\(server.spool)/projects/shop/versions").sorted() == ["1", "2", "3"])
            let client = try folder.start(
                [
                    try Place.server(), "versions", "shop", "--url", server.url(""), "--username", "alice",
                    "--password", "open:sesame",
                ],
                environment: Host.environment().filter { !$0.hasPrefix("SCRAPY_SPOOL_") })
            #expect(try await client.wait().exit == 0, "\(client.said)")
            #expect(try File.text(client.out).hasPrefix("3\tcurrent\t"))
        }
    }

    @Test("As many earlier versions as keep-versions are kept, the newest ones")
    func kept() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await Server(
                in: folder, flags: ["--scrapy", standIn.scrapy], environment: ["SCRAPY_SPOOL_KEEP_VERSIONS=2"])
            let archive = try await standIn.archive("shop")
            for _ in 1...5 { try await server.push(archive) }
            let versions = "\(server.spool)/projects/shop/versions"
            try await waitFor("three versions", in: [versions]) {
                File.names(versions).sorted() == ["3", "4", "5"] ? () : nil
            }
            _ = try await server.ok("set-version.json", "-F", "project=shop", "-F", "version=3")
            #expect(File.names(versions).sorted() == ["3", "4", "5"])
            // A push over the version that was gone back to leaves that one, which is the first to go back to again.
            try await server.push(archive)
            try await waitFor("version 6 beside 3 and 5", in: [versions]) {
                File.names(versions).sorted() == ["3", "5", "6"] ? () : nil
            }
        }
    }

    @Test("Variables go into the environment of jobs and nowhere else")
    func variables() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await Server(in: folder, flags: ["--scrapy", standIn.scrapy, "--log-level", "trace"])
            try await server.push(try await standIn.archive("shop"))
            let secret = "s3cr3t=with # and ąę"
            let set = try await server.ok(
                "set-variables.json", "-F", "project=shop", "--form-string", "var.API_KEY=\(secret)", "-F",
                "var.PYTHONPATH=/opt/more", "-F", "var.EMPTY=")
            #expect(set["variables"]?.texts == ["API_KEY", "EMPTY", "PYTHONPATH"])
            let body = #"{"project": "shop", "variables": {"OTHER": "x"}, "remove": "EMPTY"}"#
            let answer = try await server.curl(
                "set-variables.json", "-H", "Content-Type: application/json", "--data-binary", body)
            #expect(answer.status == 200, "\(answer.text)")
            let listed = try await server.curl("list-variables.json?project=shop")
            #expect(try listed.json["variables"]?.texts == ["API_KEY", "OTHER", "PYTHONPATH"])
            let file = "\(server.spool)/projects/shop/environment"
            #expect(try await folder.shell("stat -c %a '\(file)'") == "600\n")
            let id = try await server.schedule(
                "shop/sh",
                payload:
                    "\"env > env.txt; tr '\\\\0' '\\\\n' < /proc/$PPID/environ > parent.txt; cat /proc/$PPID/cmdline > line.txt\""
            )
            #expect(try await server.ended(id).state == .successful, "\(server.log(of: id))")
            let work = server.directory(of: id) + "/work"
            let environment = try File.text("\(work)/env.txt").split(separator: "\n")
            #expect(environment.contains("API_KEY=\(secret)") && environment.contains("OTHER=x"), "\(environment)")
            let path = environment.first { $0.hasPrefix("PYTHONPATH=") } ?? ""
            #expect(path.contains("/report/") && path.hasSuffix(":/opt/more"), "\(path)")
            try await folder.shell("rm '\(work)/env.txt'")
            // Neither the shim's environment nor its command line, nor any file of the spool but one, nor the log.
            let found = try await folder.shell("grep -rlF 's3cr3t' '\(server.spool)' || true")
            #expect(found == "\(file)\n", "\(found)")
            #expect(!server.log.contains("s3cr3t") && server.log.contains("Changed variables"))
            for path in [
                "overview.json", "describe-projects.json", "list-jobs.json?id=\(id)&facts=1",
                "list-versions.json?project=shop",
            ] {
                #expect(try await !server.curl(path).text.contains("s3cr3t"))
            }
            for (field, part) in [
                ("var.LD_PRELOAD=x", "how programs are loaded"), ("var.SPOOL_REPORT=x", "set by the server"),
                ("var.SCRAPY_JOB=x", "set by the server"), ("var.SPIDER_DATA_DIR=x", "set by the server"),
                ("var.a-b=x", "letters, digits"), ("var.=x", "letters, digits"), ("var.A=x\ny", "one line"),
                ("other=x", "belongs to no field"),
            ] {
                let answer = try await server.curl(
                    "set-variables.json", "-F", "project=shop", "--form-string", field)
                #expect(answer.status == 400 && answer.message?.contains(part) == true, "\(field): \(answer.text)")
            }
            // A value that a separator has cut is neither stored nor shown.
            for body in ["var.A=pass;w0rd", "var.A=pass&w0rd", "var.A=pass;w0rd=1"] {
                let answer = try await server.curl("set-variables.json", "--data", "project=shop&\(body)")
                #expect(answer.status == 400 && !answer.text.contains("w0rd"), "\(answer.text)")
                #expect(answer.message?.contains("belongs to no field") == true, "\(answer.text)")
            }
            let query = try await server.curl("set-variables.json?project=shop&var.A=x", "-X", "POST")
            #expect(query.status == 400 && query.message?.contains("in the body") == true, "\(query.text)")
            // By hand, with lines that mean nothing: those are left out.
            try File.write("# mine\nA=1\nLD_PRELOAD=/x\nnonsense\n\nB=\n", to: file)
            let other = try await server.schedule("shop/sh", payload: "\"env > env.txt\"")
            #expect(try await server.ended(other).state == .successful, "\(server.log(of: other))")
            let text = try File.text(server.directory(of: other) + "/work/env.txt")
            #expect(text.contains("A=1\n") && text.contains("\nB=\n") && !text.contains("LD_PRELOAD"))
            #expect(server.log(of: other).contains("is left out: line 4 is not NAME=value"), "\(server.log(of: other))")
            // A later project of that name does not get them.
            _ = try await server.ok("remove-project.json", "-F", "name=shop")
            #expect(!File.exists(file))
        }
    }

    @Test("Variables that are longer than a file of them may be are refused, and not cut off")
    func longVariables() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            let file = "\(server.spool)/projects/shop/environment"
            let line = "A=1\n#" + String(repeating: "x", count: ProjectVariables.limit - 6) + "\n"
            try File.write(line, to: file)
            #expect(try await server.ok("list-variables.json?project=shop")["variables"]?.texts == ["A"])
            try File.write(line + "B=1\n", to: file)
            let id = try await server.schedule("shop/fast")
            let end = try await server.ended(id)
            #expect(end.state == .failed && end[.reason] == "cannot-start", "\(end.line)")
            let message = "cannot read projects/shop/environment, which has more than 262144 bytes: File too large"
            #expect(server.log(of: id).contains("the variables of the project could not be read: \(message)"))
            let listed = try await server.curl("list-variables.json?project=shop")
            #expect(
                listed.status >= 400 && listed.message?.contains(message) == true, "\(listed.status) \(listed.text)")
            // The project is as good as before with a shorter one.
            try File.write("B=1\n", to: file)
            #expect(try await server.ended(try await server.schedule("shop/fast")).state == .successful)
        }
    }

    @Test("Who may only run jobs can list versions and variables, and change neither")
    func scopes() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let users = try Users(in: folder)
            let server = try await Server(
                in: folder, flags: ["--scrapy", standIn.scrapy] + users.flags, habits: users.alice)
            try await server.push(try await standIn.archive("shop"))
            let token = try await users.token("run", of: "ci", in: folder)
            for (path, options, status) in [
                ("list-versions.json?project=shop", [], "200"), ("list-variables.json?project=shop", [], "200"),
                ("set-version.json", ["-F", "project=shop", "-F", "version=1"], "403"),
                ("set-variables.json", ["-F", "project=shop", "-F", "var.A=1"], "403"),
            ] as [(String, [String], String)] {
                let child = try folder.start(
                    ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Authorization: Bearer \(token)"]
                        + options
                        + [server.url(path)])
                #expect(try await child.wait().exit == 0)
                #expect(try File.text(child.out) == status, "\(path)")
            }
        }
    }
}
