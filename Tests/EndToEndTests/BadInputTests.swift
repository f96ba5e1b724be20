import LinuxSystem
import SpoolModel
import Testing

@Suite("Bad input", .fewAtATime)
struct BadInputTests {
    /// A request that is refused.
    private struct Bad {
        let path: String
        let options: [String]
        let status: Int
        /// A part of the message.
        let message: String

        init(_ path: String, _ options: String..., status: Int = 400, says message: String) {
            self.path = path
            self.options = options
            self.status = status
            self.message = message
        }
    }

    private static let requests: [Bad] = [
        Bad("push-project.json", "-F", "other=1", says: #"Missing argument "archive""#),
        Bad("push-project.json", "-X", "POST", says: #"Missing argument "archive""#),
        Bad("push-project.json", "--json", "{}", says: #"Missing argument "archive""#),
        Bad("schedule-job.json", "-X", "POST", says: #"Missing argument "project""#),
        Bad("schedule-job.json", "-d", "project", says: #"Missing argument "project""#),
        Bad("schedule-job.json", "--json", #"{"spider": "echo"}"#, says: #"Missing argument "project""#),
        Bad("schedule-job.json", "-F", "project=trouble", says: #"Missing argument "spider""#),
        Bad("schedule-job.json", "-F", "project=trouble", "-F", "spider=quick", says: #"Missing argument "when""#),
        Bad("schedule-job.json", "-F", "project=no", "-F", "spider=no", "-F", "when=no", says: "Unknown project no"),
        Bad(
            "schedule-job.json", "-F", "project=../x", "-F", "spider=no", "-F", "when=no", says: "Unknown project ../x"),
        Bad("schedule-job.json", "-F", "project=", "-F", "spider=no", "-F", "when=no", says: "Unknown project "),
        Bad(
            "schedule-job.json", "-F", "project=trouble", "-F", "spider=no", "-F", "when=no", "-F", "payload=no",
            says: "Unknown spider trouble/no"),
        Bad(
            "schedule-job.json", "-F", "project=trouble", "-F", "spider=", "-F", "when=now",
            says: "Unknown spider trouble/"),
        Bad(
            "schedule-job.json", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=no", "-F", "payload=no",
            says: "Payload is not a valid JSON string"),
        Bad(
            "schedule-job.json?payload=%7B", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=now",
            says: "Payload"),
        Bad(
            "schedule-job.json?payload=", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=now",
            says: "Payload"),
        Bad(
            "schedule-job.json?payload=%22%5Cud800%22", "-F", "project=trouble", "-F", "spider=quick", "-F",
            "when=now", says: "Payload"),
        Bad("schedule-job.json", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=soon", says: ""),
        Bad("schedule-job.json", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=", says: ""),
        Bad("schedule-job.json", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=NOW", says: ""),
        Bad("schedule-job.json", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=every 0 seconds", says: ""),
        Bad(
            "schedule-job.json", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=every -1 minutes", says: ""),
        Bad(
            "schedule-job.json", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=every 0 to 5 minutes",
            says: ""),
        Bad(
            "schedule-job.json?description=%FF", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=now",
            says: "UTF-8"),
        Bad("schedule-job.json", "-d", "project=%FF&spider=quick&when=now", says: "UTF-8"),
        Bad("list-spiders.json", says: #"Missing argument "project""#),
        Bad("list-spiders.json?project=none", says: "Unknown project none"),
        Bad("list-spiders.json?project=..", says: "Unknown project .."),
        Bad("list-spiders.json?project=%FF", says: "UTF-8"),
        Bad("list-jobs.json", says: "Neither argument present"),
        Bad("list-jobs.json?status=foo", says: #""foo""#),
        Bad("list-jobs.json?status=", says: #""""#),
        Bad("list-jobs.json?status=running", says: #""running""#),
        Bad("list-jobs.json?id=foo", says: #"No such job: "foo""#),
        Bad("list-jobs.json?id=../../projects", says: #"No such job: "../../projects""#),
        Bad("list-jobs.json?id=5b30c8a2-42e5-4ad5-b143-4cb0420955a5", says: "No such job"),
        Bad("list-jobs.json?id=%FF", says: "UTF-8"),
        Bad("cancel-job.json", "-X", "POST", says: #"Missing argument "id""#),
        Bad("cancel-job.json", "-F", "id=foo", says: #"No such job: "foo""#),
        Bad("cancel-job.json", "-F", "id=5b30c8a2-42e5-4ad5-b143-4cb0420955a5", says: "No such job"),
        Bad("cancel-job.json", "-d", "id=%FF", says: "UTF-8"),
        Bad("remove-project.json", "-X", "POST", says: #"Missing argument "name""#),
        Bad("remove-project.json", "-F", "name=none", says: #"No such project: "none""#),
        Bad("remove-project.json", "-F", "name=../projects", says: "No such project"),
        Bad("get-log/data/foo.out", status: 404, says: "foo.out"),
        Bad("get-log/data/5b30c8a2-42e5-4ad5-b143-4cb0420955a5.out", status: 404, says: "no log"),
        Bad("get-log/data/5b30c8a2-42e5-4ad5-b143-4cb0420955a5", status: 404, says: "no log"),
        Bad("get-log/data/../../format", status: 404, says: "no log"),
        Bad("get-log/", status: 404, says: "no log"),
        Bad("page/none.js", status: 404, says: "nothing"),
        Bad("page/../status.json", status: 404, says: "nothing"),
        Bad("page/index.html", status: 404, says: "nothing"),
        Bad("next-runs.json", status: 400, says: "when"),
        Bad("next-runs.json?when=now&count=0", status: 400, says: "count"),
        Bad("list-jobs.json?status=ACTIVE&limit=0", status: 400, says: "limit"),
        Bad("list-jobs.json?status=ACTIVE&after=foo", status: 400, says: "No such job"),
        Bad("list-files.json?id=foo", status: 400, says: "No such job"),
        Bad("get-file?id=foo&path=a", status: 400, says: "No such job"),
        Bad("get-archive?id=foo", status: 400, says: "No such job"),
        Bad("get-archive?id=foo&format=7z", status: 400, says: "\"format\" is zip or tar.gz, not \"7z\""),
        Bad("none.json", status: 404, says: "nothing"),
        Bad("STATUS.json", status: 404, says: "nothing"),
        Bad("/status.json", status: 404, says: "nothing"),
    ]

    @Test("Each bad request is refused with a reason, and harms nothing")
    func requests() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "0")
            try await server.push(Archives.trouble)
            for bad in BadInputTests.requests {
                let answer = try await server.curl(bad.path, options: bad.options)
                #expect(answer.status == bad.status, "\(bad): \(answer.text)")
                #expect(answer[field: "content-type"] == "application/json", "\(bad)")
                #expect(answer.message?.isEmpty == false, "\(bad)")
                #expect(bad.message.isEmpty || answer.message?.contains(bad.message) == true, "\(bad): \(answer.text)")
            }
            try await expectUnharmed(server, projects: ["trouble"])
            #expect(try await server.jobs("ACTIVE") == [])
            #expect(try await server.jobs("COMPLETED") == [])
        }
    }

    @Test("A wrong method is refused, and the answer says which is right")
    func methods() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            for (path, allowed, wrong) in [
                ("status.json", "GET, HEAD", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]),
                ("list-projects.json", "GET, HEAD", ["POST"]), ("list-spiders.json", "GET, HEAD", ["POST"]),
                ("list-jobs.json", "GET, HEAD", ["POST"]), ("get-log/data/x.out", "GET, HEAD", ["POST", "DELETE"]),
                ("push-project.json", "POST", ["GET", "PUT"]), ("schedule-job.json", "POST", ["GET"]),
                ("cancel-job.json", "POST", ["GET", "DELETE"]), ("remove-project.json", "POST", ["GET"]),
            ] {
                for method in wrong {
                    let answer = try await server.curl(path, "-X", method)
                    #expect(answer.status == 405, "\(method) \(path)")
                    #expect(answer[field: "allow"] == allowed, "\(method) \(path)")
                    #expect(answer.message?.isEmpty == false, "\(method) \(path)")
                }
                if allowed == "POST" {
                    #expect(try await server.curl(path, "--head").status == 405, "HEAD \(path)")
                }
            }
            try await expectUnharmed(server, projects: [])
        }
    }

    @Test("A broken form is refused")
    func forms() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let part = "Content-Disposition: form-data; name=\"archive\"; filename=\"a.zip\"\r\n\r\n"
            let bodies: [(type: String, body: String)] = [
                ("multipart/form-data", "--x\r\n\(part)PK\r\n--x--\r\n"),
                ("multipart/form-data; boundary=", "--x\r\n\(part)PK\r\n--x--\r\n"),
                ("multipart/form-data; boundary=y", "--x\r\n\(part)PK\r\n--x--\r\n"),
                ("multipart/form-data; boundary=x", "--x\r\n\(part)PK"),
                ("multipart/form-data; boundary=x", "--x\r\n\(part)PK\r\n--x"),
                ("multipart/form-data; boundary=x", "--x\r\nContent-Dis"),
                ("multipart/form-data; boundary=x", "--x\r\nno header\r\n\r\nPK\r\n--x--\r\n"),
                ("multipart/form-data; boundary=x", ""),
                (
                    "multipart/form-data; boundary=" + String(repeating: "x", count: 100),
                    "--x\r\n\(part)PK\r\n--x--\r\n"
                ),
                ("multipart/form-data; boundary=x", "--x\r\nX: " + String(repeating: "y", count: 100_000) + "\r\n"),
            ]
            for (type, body) in bodies {
                let file = folder.fresh("body")
                try File.write(body, to: file)
                for path in ["push-project.json", "schedule-job.json"] {
                    let answer = try await server.curl(
                        path, "-X", "POST", "-H", "Content-Type: \(type)", "--data-binary", "@\(file)")
                    #expect([400, 413].contains(answer.status), "\(type) \(body.prefix(200)): \(answer.text)")
                    #expect(answer.message?.isEmpty == false, "\(type) \(body.prefix(200))")
                }
            }
            try await expectUnharmed(server, projects: ["trouble"])
        }
    }

    @Test("An archive that is none, is hostile, or has no project in it is refused and leaves nothing behind")
    func archives() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let directory = folder.fresh("archives")
            try File.makeDirectory(directory)
            try File.write(HostileArchives.script, to: "\(directory)/make.py")
            try await folder.run("python3", "\(directory)/make.py", Archives.trouble, in: directory)
            for (name, message) in HostileArchives.messages {
                let answer = try await server.curl("push-project.json", "-F", "archive=@\(directory)/\(name)")
                #expect(answer.status == 400, "\(name): \(answer.text)")
                #expect(answer.message?.contains(message) == true, "\(name): \(answer.text)")
                #expect(answer.message?.contains(server.spool) == false, "\(name): \(answer.text)")
            }
            #expect(!File.exists("\(folder.path)/escaped") && !File.exists("/tmp/scrapy-spool-test-escaped"))
            try await expectUnharmed(server, projects: ["trouble"])
        }
    }

    @Test("A project whose spiders cannot be listed is refused with what scrapy said")
    func broken() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let answer = try await server.curl("push-project.json", "-F", "archive=@\(try await Archives.broken)")
            #expect(answer.status == 400)
            let message = try #require(answer.message)
            #expect(message.contains("Unable to get the list of spiders"))
            #expect(message.contains("ImportError: no module for this spider was ever written"), "the last line")
            try await expectUnharmed(server, projects: ["trouble"])
        }
    }

    @Test("A project whose list of spiders does not end is refused, and nothing of it runs on")
    func hanging() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--list-timeout", "2s")
            let project = "\(folder.path)/slow"
            try File.makeDirectory("\(project)/slow")
            try File.write(
                "[settings]\ndefault = slow.settings\n[deploy]\nproject = slow\n", to: "\(project)/scrapy.cfg")
            try File.write("", to: "\(project)/slow/__init__.py")
            try File.write(
                """
                import subprocess, time
                subprocess.Popen(["sleep", "600"])
                subprocess.Popen(["sleep", "600"], start_new_session=True)
                time.sleep(600)
                """, to: "\(project)/slow/settings.py")
            try await folder.run("zip", "-q", "-r", "slow.zip", "slow")
            let answer = try await server.curl("push-project.json", "-F", "archive=@\(folder.path)/slow.zip")
            #expect(answer.status == 400)
            #expect(answer.message?.contains("`scrapy list` took more than 2 s") == true, "\(answer.text)")
            try await server.awaitSolitude()
            try await expectUnharmed(server, projects: [])
        }
    }

    @Test(
        "An upload beyond the limit is refused, however it is announced",
        arguments: [
            [], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"],
            ["-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue"],
        ])
    func oversized(options: [String]) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--upload-limit", "100K")
            try await server.push(Archives.trouble)
            for size in ["101K", "400K", "20M"] {
                let file = "\(folder.path)/\(size)"
                try await folder.shell("head -c \(size) /dev/urandom > \(file)")
                let answer = try await server.curl(
                    "push-project.json", options: ["-F", "archive=@\(file)"] + options)
                #expect(answer.status == 413, "\(size): \(answer.text)")
                #expect(answer.message?.contains("100 KiB") == true, "\(size): \(answer.text)")
            }
            try await expectUnharmed(server, projects: ["trouble"])
        }
    }

    @Test("A request whose head is no HTTP is refused, and the server goes on")
    func noise() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let long = String(repeating: "x", count: 200_000)
            let port = server.address.split(separator: ":").last ?? ""
            for (number, text) in ["\u{0}\u{1}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nX: \(long)\r\n\r\n"]
                .enumerated()
            {
                let file = "\(folder.path)/noise-\(number)"
                try File.write(text, to: file)
                // Whatever comes back, the connection ends, and not only after the client-timeout of 60 s.
                try await folder.shell(
                    "exec 3<>/dev/tcp/127.0.0.1/\(port); cat \(file) >&3 || true; timeout 50 cat <&3 > /dev/null")
            }
            try await expectUnharmed(server, projects: [])
        }
    }

    /// After bad input: the server answers, the staging is empty, and the projects are what they were.
    private func expectUnharmed(_ server: Server, projects: [String]) async throws {
        #expect(try await server.ok("list-projects.json")["projects"]?.texts == projects)
        #expect(File.names("\(server.spool)/tmp") == [])
        #expect(File.names("\(server.spool)/projects").filter { !$0.hasPrefix(".") } == projects)
        #expect(File.names("\(server.spool)/quarantine") == [])
        #expect(server.process.isRunning)
    }
}
