import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Hooks", .fewAtATime)
struct HookTests {
    private static let spiders: KeyValuePairs<String, String> = [
        "quick": "exit 0", "three": "exit 3", "hang": Stub.hold,
    ]

    private func server(
        in folder: Folder, spool: String = "spool", _ configuration: String, flags: [String] = []
    ) async throws -> Server {
        try File.write(configuration, to: "\(folder.path)/spool.conf")
        return try await Server(
            in: folder, spool: spool,
            flags: ["--config", "\(folder.path)/spool.conf", "--scrapy", try Stub.write(in: folder, Self.spiders)]
                + flags)
    }

    private func outbox(_ server: Server, _ hook: String, _ box: String = "outbox") -> String {
        "\(server.spool)/hooks/\(hook)/\(box)"
    }

    /// Waits until a directory has names that are not hidden, or has none.
    private func names(_ count: Int, in place: String, above: String) async throws {
        try await waitFor("\(count) names in \(place)", in: [above] + (File.exists(place) ? [place] : [])) {
            File.names(place).filter { !$0.hasPrefix(".") }.count == count ? () : nil
        }
    }

    private func secret(in folder: Folder, mode: mode_t = 0o600) throws -> String {
        let path = "\(folder.path)/hook.secret"
        try File.write("# of the receiver\n\(Receiver.secret)\n", to: path)
        chmod(path, mode)
        return path
    }

    @Test("A webhook is told of the ends that it wants, signed, with the job's facts, once each")
    func told() async throws {
        try await Folder.with { folder in
            let receiver = try await Receiver(in: folder)
            let server = try await server(
                in: folder,
                """
                [hook all]
                url = \(receiver.url)/ok/signed
                secret-file = \(try secret(in: folder))
                events = successful failed canceled
                [hook failures]
                url = \(receiver.url)/ok/failures
                [hook others]
                url = \(receiver.url)/ok/others
                events = successful failed canceled
                projects = other
                """)
            try await server.push(Archives.trouble)
            let good = try await server.schedule("trouble/quick"), bad = try await server.schedule("trouble/three")
            let long = try await server.schedule("trouble/hang")
            _ = try await server.running(long)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(long)")
            let signed = try await receiver.requests(3, of: "signed") { $0.path == "/ok/signed" }
            #expect(signed.allSatisfy { $0.isSigned && $0[field: "content-type"] == "application/json" })
            #expect(
                Set(signed.compactMap { $0[field: "webhook-id"] })
                    == ["\(good)_successful", "\(bad)_failed", "\(long)_canceled"])
            let failed = try #require(signed.first { $0[field: "webhook-id"] == "\(bad)_failed" })
            let body = try #require(JSON(ifValid: Array(failed.body.utf8)))
            #expect(body["type"] == .string("job.failed") && body["data"]?["status"] == .string("FAILED"))
            #expect(body["data"]?["exit"] == .number(3) && body["data"]?["identifier"] == .string(bad.description))
            #expect(body["data"]?["summary"]?.text?.hasPrefix("trouble/three failed after ") == true)
            let others = try await receiver.requests(1, of: "failures") { $0.path == "/ok/failures" }
            #expect(others.count == 1 && others[0][field: "webhook-signature"] == nil)
            for hook in ["all", "failures"] {
                try await names(0, in: outbox(server, hook), above: "\(server.spool)/hooks/\(hook)")
            }
            #expect(try receiver.requests { $0.path == "/ok/signed" }.count == 3)
            #expect(try receiver.requests { $0.path.contains("others") }.isEmpty)
            #expect(!File.exists(outbox(server, "others")))
            #expect(try File.text("\(server.spool)/hooks/all/status").hasPrefix("OK "))
            let metrics = try await server.curl("metrics").text
            #expect(
                metrics.contains(
                    "scrapyspool_hook_deliveries_total{hook=\"all\",result=\"delivered\"} 3\n"), "\(metrics)")
            #expect(metrics.contains("scrapyspool_hook_deliveries_pending{hook=\"all\"} 0\n"))
        }
    }

    /// Tries a hook.
    private func test(
        _ name: String, in folder: Folder, _ configuration: String
    ) async throws -> (exit: Int32?, output: String, error: String) {
        try File.write(configuration, to: "\(folder.path)/spool.conf")
        let child = try folder.start(
            [try Place.server(), "hook", "test", name, "--config", "\(folder.path)/spool.conf"],
            environment: Host.environment().filter { !$0.hasPrefix("SCRAPY_SPOOL_") }
                + ["SCRAPY_SPOOL_SCRAPY=\(Place.scrapy)"])
        let end = try await child.wait()
        return (end.exit, try File.text(child.out), try File.text(child.error))
    }

    @Test("A test of a hook sends one message as it is configured, and prints what the receiver answers")
    func tried() async throws {
        try await Folder.with { folder in
            let receiver = try await Receiver(in: folder)
            let configuration = """
                [scrapy-do]
                on-failure = sh -c 'cat; echo; echo "$SCRAPY_SPOOL_EVENT"; exit 3'
                on-end = printenv SCRAPY_SPOOL_SUMMARY
                [hook signed]
                url = \(receiver.url)/ok/signed
                secret-file = \(try secret(in: folder))
                events = successful canceled
                projects = shop news
                [hook chat]
                url = \(receiver.url)/refuse/chat
                body = slack
                [hook gone]
                url = \(receiver.url)/gone/x
                [hook flood]
                url = \(receiver.url)/flood/x
                [hook die]
                url = \(receiver.url)/die/x
                [hook redirect]
                url = \(receiver.url)/redirect/x
                [hook nobody]
                url = http://127.0.0.1:1/secret-part
                """
            func test(_ name: String) async throws -> (exit: Int32?, output: String, error: String) {
                try await self.test(name, in: folder, configuration)
            }
            let good = try await test("signed")
            #expect(good.exit == 0 && good.output == "signed: it answered with 200\nok\n", "\(good)")
            let request = try #require(try receiver.requests { $0.path == "/ok/signed" }.first)
            #expect(request.isSigned && request[field: "webhook-id"]?.hasSuffix("_successful") == true)
            let body = try #require(JSON(ifValid: Array(request.body.utf8)))
            #expect(body["type"]?.text == "job.successful" && body["data"]?["project"]?.text == "news")
            #expect(body["data"]?["summary"]?.text == "Test of the hook signed: no job has ended")

            let refused = try await test("chat")
            #expect(refused.exit == 1 && refused.output == "chat: it answered with 500\nno\n", "\(refused)")
            #expect(
                try receiver.requests { $0.path == "/refuse/chat" }.map(\.body) == [
                    #"{"text": "Test of the hook chat: no job has ended"}"#
                ])
            for (name, message) in [
                ("gone", "it answered with 410"), ("redirect", "a redirect, which is not followed"), ("die", "die: "),
                ("nobody", "nobody: "),
            ] {
                let bad = try await test(name)
                #expect(bad.exit == 1 && bad.output.contains(message) && !bad.output.contains("secret-part"), "\(bad)")
                #expect(try receiver.requests { $0.path.hasPrefix("/\(name)/") }.count == (name == "nobody" ? 0 : 1))
            }
            let flood = try await test("flood")
            #expect(flood.exit == 0 && flood.output.utf8.count < 4096)

            let ended = try await test("on-end")
            #expect(
                ended.exit == 0
                    && ended.output == "on-end: it ended with 0\nTest of the hook on-end: no job has ended\n")
            let failed = try await test("on-failure")
            #expect(failed.exit == 1 && failed.output.hasPrefix("on-failure: it ended with 3: failed\n"), "\(failed)")
            #expect(failed.output.contains(#""summary": "Test of the hook on-failure"#))

            let other = try await test("other")
            #expect(
                other.exit == 64 && other.error.contains("its hooks are on-end, on-failure, signed, chat"), "\(other)")
            let wrong = try await self.test("x", in: folder, "[hook x]\nurl = http://x.org/\n")
            #expect(wrong.exit == 78 && wrong.error.contains("insecure-http"))
            chmod("\(folder.path)/hook.secret", 0o644)
            #expect(try await test("signed").exit == 78)
        }
    }

    @Test("A receiver that refuses is tried again, with the same id, and is said to work again")
    func again() async throws {
        try await Folder.with { folder in
            let receiver = try await Receiver(in: folder)
            let server = try await server(in: folder, "[hook x]\nurl = \(receiver.url)/once/x\n")
            try await server.push(Archives.trouble)
            _ = try await server.ended(try await server.schedule("trouble/three"))
            _ = try await server.process.awaitLine("its deliveries are tried again: it answered with 500", in: folder)
            let requests = try await receiver.requests(2, of: "x") { $0.path == "/once/x" }
            #expect(requests[0][field: "webhook-id"] == requests[1][field: "webhook-id"])
            #expect(requests[0].body == requests[1].body)
            _ = try await server.process.awaitLine("The hook works again", in: folder)
        }
    }

    @Test(
        "Bad receivers hold neither jobs nor other hooks: one that dies, hangs, redirects, floods, drips, is gone or speaks no TLS"
    )
    func badReceivers() async throws {
        try await Folder.with { folder in
            let receiver = try await Receiver(in: folder)
            let ways = ["die", "hang", "redirect", "flood", "drip", "refuse"]
            let bad =
                ways.map { "[hook \($0)]\nurl = \(receiver.url)/\($0)/x\n" }.joined()
                + "[hook tls]\nurl = \(receiver.url.replacing("http", with: "https"))/ok/tls\n"
                + "[hook nobody]\nurl = http://127.0.0.1:1/\n"
            let server = try await server(in: folder, bad + "[hook good]\nurl = \(receiver.url)/ok/good\n")
            try await server.push(Archives.trouble)
            for _ in 0..<3 { _ = try await server.ended(try await server.schedule("trouble/three")) }
            let good = try await receiver.requests(3, of: "good") { $0.path == "/ok/good" }
            #expect(Set(good.compactMap { $0[field: "webhook-id"] }).count == 3)
            // A long answer counts by its status.
            for way in ["flood", "drip"] {
                try await names(0, in: outbox(server, way), above: "\(server.spool)/hooks/\(way)")
            }
            _ = try await server.process.awaitLine("a redirect, which is not followed", in: folder)
            _ = try await server.process.awaitLine("it did not answer within 15 s", in: folder)
            for way in ["redirect", "refuse", "die", "tls", "nobody", "hang"] {
                #expect(File.names(outbox(server, way)).filter { !$0.hasPrefix(".") }.count == 3, "\(way)")
            }
            #expect(try receiver.requests { $0.path == "/ok/redirected" || $0.path == "/ok/tls" }.isEmpty)
            #expect(try await server.ok("status.json")["status"] == .string("ok"))
        }
    }

    @Test("410 switches a hook off until its configuration changes, over a restart as well, and nothing is lost")
    func gone() async throws {
        try await Folder.with { folder in
            let receiver = try await Receiver(in: folder)
            let first = try await server(in: folder, "[hook x]\nurl = \(receiver.url)/gone/x\n")
            try await first.push(Archives.trouble)
            _ = try await first.ended(try await first.schedule("trouble/three"))
            _ = try await first.process.awaitLine("Switched off until the hook's configuration changes", in: folder)
            #expect(try File.text("\(first.spool)/hooks/x/status").hasPrefix("DISABLED "))
            try await first.process.end(by: SIGTERM)
            let second = try await server(in: folder, "[hook x]\nurl = \(receiver.url)/gone/x\n")
            _ = try await second.process.awaitLine("The hook is off since its receiver answered with 410", in: folder)
            _ = try await second.ended(try await second.schedule("trouble/three"))
            try await names(2, in: outbox(second, "x"), above: "\(second.spool)/hooks/x")
            #expect(try receiver.requests().count == 1)
            try File.write("[hook x]\nurl = \(receiver.url)/ok/x\n", to: "\(folder.path)/spool.conf")
            try second.process.send(SIGHUP)
            _ = try await receiver.requests(2, of: "both") { $0.path == "/ok/x" }
            try await names(0, in: outbox(second, "x"), above: "\(second.spool)/hooks/x")
        }
    }

    @Test("A delivery that fails for too long goes to dead/, which is said, and is tried once more when it is put back")
    func dead() async throws {
        try await Folder.with { folder in
            let receiver = try await Receiver(in: folder)
            let server = try await server(
                in: folder, "[hook x]\nurl = \(receiver.url)/refuse/x\ngive-up-after = 1s\n")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/three")
            // Old enough when it is tried for the second time at the latest.
            _ = try await server.process.awaitLine("Gave up the delivery \(id)_failed", in: folder)
            let (box, dead) = (outbox(server, "x"), outbox(server, "x", "dead"))
            #expect(File.names(dead) == ["\(id)_failed"] && File.names(box).isEmpty)
            try File.rename("\(dead)/\(id)_failed", to: "\(box)/\(id)_failed")
            try File.write(
                "[hook x]\nurl = \(receiver.url)/ok/x\ngive-up-after = 1s\n", to: "\(folder.path)/spool.conf")
            try server.process.send(SIGHUP)
            let requests = try await receiver.requests(1, of: "x") { $0.path == "/ok/x" }
            #expect(requests[0][field: "webhook-id"] == "\(id)_failed")
        }
    }

    @Test("What lies in an outbox by mistake or damage harms no delivery, and check says what it is")
    func strangers() async throws {
        try await Folder.with { folder in
            let receiver = try await Receiver(in: folder)
            let configuration = "[hook x]\nurl = \(receiver.url)/ok/x\n"
            let first = try await server(in: folder, configuration)
            try await first.push(Archives.trouble)
            try await first.process.end(by: SIGTERM)
            let box = outbox(first, "x")
            try File.makeDirectory(box)
            let id = "01933f2e-8a10-7c3e-9d51-8f1c8e2f0a7"
            for (number, text) in ["", "{}", String(repeating: "x", count: 100_000), "{\"type\": \"job.failed\"}"]
                .enumerated()
            {
                try File.write(text, to: "\(box)/\(id)\(number)_failed")
            }
            try File.write("x", to: "\(box)/README")
            try File.makeDirectory("\(box)/\(id)5_failed")
            mkfifo("\(box)/\(id)6_failed", 0o600)
            symlink("/etc/passwd", "\(box)/\(id)7_failed")
            let second = try await server(in: folder, configuration)
            _ = try await second.ended(try await second.schedule("trouble/three"))
            _ = try await receiver.requests(1, of: "x") { $0.path == "/ok/x" }
            _ = try await second.process.awaitLine("its content is damaged", in: folder)
            try await names(4, in: outbox(second, "x", "dead"), above: outbox(second, "x", "dead"))
            #expect(try receiver.requests().count == 1)
            let check = try folder.start([try Place.server(), "check", second.spool])
            #expect(try await check.wait().exit == 1)
            let said = try File.text(check.out)
            #expect(said.contains("hooks/x/outbox/README: warning: it is not named as a delivery"), "\(said)")
            #expect(said.contains("hooks/x/dead/\(id)0_failed: warning: it is no delivery that can be read"))
        }
    }

    @Test("A held copy delivers nothing until it is released")
    func held() async throws {
        try await Folder.with { folder in
            let receiver = try await Receiver(in: folder)
            let first = try await server(in: folder, "[hook x]\nurl = http://127.0.0.1:1/\n")
            try await first.push(Archives.trouble)
            _ = try await first.ended(try await first.schedule("trouble/three"))
            _ = try await first.process.awaitLine("its deliveries are tried again", in: folder)
            try await first.process.end(by: SIGTERM)
            try await folder.run("cp", "-a", first.spool, "\(folder.path)/copy")
            let copy = try await server(in: folder, spool: "copy", "[hook x]\nurl = \(receiver.url)/ok/x\n")
            let id = try await copy.schedule("trouble/quick", when: "every day at 04:00")
            _ = try await copy.ok("cancel-job.json", "-F", "id=\(id)")
            #expect(try receiver.requests().isEmpty)
            #expect(File.names(outbox(copy, "x")).count == 1)
            try await folder.run(try Place.server(), "resume", copy.spool)
            _ = try await receiver.requests(1, of: "x") { $0.path == "/ok/x" }
        }
    }

    @Test("Commands get the job's facts, are ended when their time is over, and run again when they fail")
    func commands() async throws {
        try await Folder.with { folder in
            let out = "\(folder.path)/told"
            try File.makeDirectory(out)
            let script = "\(folder.path)/tell"
            try File.write(
                """
                #!/bin/bash
                cat > "$1/.$$"; env | grep ^SCRAPY_SPOOL_ | sort >> "$1/.$$"; pwd >> "$1/.$$"
                mv "$1/.$$" "$1/$SCRAPY_SPOOL_IDENTIFIER.$SCRAPY_SPOOL_EVENT.$2.$$"
                """, to: script)
            chmod(script, 0o755)
            let server = try await server(
                in: folder,
                """
                [scrapy-do]
                on-end = \(script) \(out) 'two words $HOME'
                on-failure = sh -c 'echo started >> \(out)/failure; echo no such thing; sleep 1000 & exit 1'
                """)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/three")
            let name = "\(id).failed.two words $HOME."
            let file = try await waitFor("the command", in: [out]) { File.names(out).first { $0.hasPrefix(name) } }
            let said = try File.text("\(out)/\(file)")
            for line in ["SCRAPY_SPOOL_PROJECT=trouble", "SCRAPY_SPOOL_EXIT=3", "SCRAPY_SPOOL_STATUS=FAILED", "/"] {
                #expect(said.split(separator: "\n").contains(Substring(line)), "\(line): \(said)")
            }
            #expect(said.hasPrefix("{\"type\": \"job.failed\", "))
            _ = try await server.process.awaitLine("tried again: it ended with 1: no such thing", in: folder)
            // The guard has ended what the command left, or it would hold the second attempt.
            try await waitFor("the second attempt", in: [out]) {
                try File.text("\(out)/failure").split(separator: "\n").count >= 2 ? () : nil
            }
        }
    }

    @Test("A command that takes too long is ended, and delays no other hook")
    func late() async throws {
        try await Folder.with { folder in
            let receiver = try await Receiver(in: folder)
            let server = try await server(
                in: folder,
                "[scrapy-do]\non-end = sleep 1000\nhook-timeout = 1s\n[hook x]\nurl = \(receiver.url)/ok/x\n")
            try await server.push(Archives.trouble)
            _ = try await server.ended(try await server.schedule("trouble/three"))
            _ = try await receiver.requests(1, of: "x") { $0.path == "/ok/x" }
            _ = try await server.process.awaitLine("it took more than 1 s", in: folder)
        }
    }

    @Test("A job that is tried again is told of as retrying, and as failed at its last try")
    func retries() async throws {
        try await Folder.with { folder in
            let receiver = try await Receiver(in: folder)
            let server = try await server(
                in: folder, "[hook x]\nurl = \(receiver.url)/ok/x\nevents = retrying failed\nbody = slack\n")
            try await server.push(Archives.trouble)
            let id = try server.make("trouble/three", ["retries": "1", "retry-delay": "1s"])
            let requests = try await receiver.requests(2, of: "x") { $0.path == "/ok/x" }
            #expect(requests[0][field: "webhook-id"] == "\(id)_retrying")
            #expect(requests[1][field: "webhook-id"]?.hasSuffix("_failed") == true)
            let text = JSON(ifValid: Array(requests[0].body.utf8))?["text"]?.text
            #expect(text?.hasPrefix("trouble/three failed and is tried again after ") == true, "\(requests[0].body)")
        }
    }

    @Test("A server that is killed at any moment loses no delivery")
    func killed() async throws {
        try await Folder.with { folder in
            let receiver = try await Receiver(in: folder)
            let configuration = "[hook x]\nurl = \(receiver.url)/ok/x\n"
            var server = try await server(in: folder, configuration)
            try await server.push(Archives.trouble)
            var ids: Set<String> = []
            for _ in 0..<6 {
                for _ in 0..<3 { ids.insert("\(try await server.schedule("trouble/three"))_failed") }
                try await server.process.end(by: SIGKILL)
                server = try await self.server(in: folder, configuration)
            }
            let wanted = ids
            let place = receiver
            _ = try await receiver.requests(wanted.count, of: "all") { request in
                wanted.contains(request[field: "webhook-id"] ?? "")
            }
            _ = try await waitFor("each is told", in: [server.spool + "/hooks/x/outbox"]) {
                Set(try place.requests().compactMap { $0[field: "webhook-id"] }) == wanted ? () : nil
            }
        }
    }

    @Test("The README's lines for Slack, ntfy and mail reach their receivers")
    func readme() async throws {
        try await Folder.with { folder in
            let receiver = try await Receiver(in: folder)
            let text = try File.text("\(Place.repository)/README.md")
            let section = try #require(text.split(separator: "### Alerts\n").dropFirst().first)
            let block = try #require(
                section.split(separator: "```ini\n").dropFirst().first?.split(separator: "```").first)
            let configuration = String(block)
                .replacing("https://hooks.slack.com", with: "\(receiver.url)/ok/slack")
                .replacing("https://ntfy.sh", with: "\(receiver.url)/ok/ntfy")
                .replacing("https://example.org", with: "\(receiver.url)/ok/signed")
                .replacing("smtp://localhost", with: "smtp://127.0.0.1:\(receiver.mailPort)")
                .replacing("/etc/scrapy-spool/hook.secret", with: try secret(in: folder))
            let server = try await server(in: folder, configuration)
            try await server.push(Archives.trouble)
            _ = try await server.ended(try await server.schedule("trouble/three"))
            let slack = try await receiver.requests(1, of: "Slack") { $0.path.hasPrefix("/ok/slack/") }
            #expect(JSON(ifValid: Array(slack[0].body.utf8))?["text"]?.text?.hasPrefix("trouble/three failed") == true)
            let ntfy = try await receiver.requests(1, of: "ntfy") { $0.path.hasPrefix("/ok/ntfy/") }
            #expect(ntfy[0].body.hasPrefix("trouble/three failed"))
            let mail = try await receiver.requests(1, of: "mail") { $0.way == "mail" }
            #expect(mail[0].body.hasPrefix("Subject: trouble/three failed") && mail[0].path.contains("you@example.org"))
            let signed = try await receiver.requests(1, of: "signed") { $0.path.hasPrefix("/ok/signed/") }
            #expect(signed[0].isSigned)
        }
    }
}
