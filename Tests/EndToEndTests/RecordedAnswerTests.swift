import LinuxSystem
import SpoolModel
import Testing

/// The nine endpoints of scrapy-do, asked as its documentation does, with nothing that is new here: each answer is compared
/// with a recorded one, head and body. What differs from run to run has a name instead: ‹id›, ‹time›, ‹number›.
@Suite("Answers as they were recorded", .fewAtATime)
struct RecordedAnswerTests {
    private static let json = ["server: scrapy-spool", "content-type: application/json", "cache-control: no-store"]

    /// An answer as it is recorded: the status, the fields but for the date and the length, the body.
    private func record(_ answer: Answer, _ ids: [JobID]) throws -> String {
        #expect(answer[field: "content-length"] == String(answer.body.count))
        let left = ["date", "content-length", "etag", "last-modified"]
        let fields = answer.fields.filter { !left.contains($0.name) }.map { "\($0.name): \($0.value)" }
        var text = answer.text
        for (number, id) in ids.enumerated() { text = text.replacing("\(id)", with: "‹id \(number + 1)›") }
        text = text.replacing(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d{6}/, with: "‹time›")
        return (["\(answer.status)"] + fields + [text]).joined(separator: "\n")
    }

    /// A recorded answer in JSON.
    private func recorded(_ status: Int, _ body: String) -> String {
        (["\(status)"] + RecordedAnswerTests.json + [body + "\n"]).joined(separator: "\n")
    }

    /// A job as it is listed.
    private func job(_ id: String, _ status: String, _ schedule: String, _ duration: String, _ more: String) -> String {
        """
        {"identifier": "\(id)", "status": "\(status)", "actor": "USER", "schedule": "\(schedule)", "project": "shop", \
        "spider": "fast", \(more.isEmpty ? "\"description\": \"\"" : more), "timestamp": "‹time›", \
        "duration": \(duration), "payload": "{\\"test\\": [1, 2, 3]}"}
        """
    }

    @Test("push-project, list-projects and list-spiders answer as recorded")
    func projects() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--job-slots", "0")
            let archive = try await standIn.archive("shop")
            let exchanges: [(path: String, options: [String], status: Int, body: String)] = [
                (
                    "push-project.json", ["-F", "archive=@\(archive)"], 200,
                    #"{"status": "ok", "name": "shop", "spiders": ["fail", "fast", "sh", "slow"]}"#
                ),
                (
                    "push-project.json", ["-F", "allow-empty=no"], 400,
                    #"{"status": "error", "msg": "Missing argument \"archive\": send the archive as a field of a form "#
                        + #"(multipart/form-data)"}"#
                ),
                ("list-projects.json", [], 200, #"{"status": "ok", "projects": ["shop"]}"#),
                (
                    "list-spiders.json?project=shop", [], 200,
                    #"{"status": "ok", "project": "shop", "spiders": ["fail", "fast", "sh", "slow"]}"#
                ),
                (
                    "list-spiders.json?project=none", [], 400,
                    #"{"status": "error", "msg": "Unknown project none: there is only shop"}"#
                ),
                ("list-spiders.json", [], 400, #"{"status": "error", "msg": "Missing argument \"project\""}"#),
                ("remove-project.json", ["-F", "name=shop"], 200, #"{"status": "ok"}"#),
                (
                    "remove-project.json", ["-F", "name=shop"], 400,
                    #"{"status": "error", "msg": "No such project: \"shop\": there are no projects yet; push one"}"#
                ),
                ("list-projects.json", [], 200, #"{"status": "ok", "projects": []}"#),
            ]
            for (path, options, status, body) in exchanges {
                let answer = try record(try await server.curl(path, options: options), [])
                #expect(answer == recorded(status, body), "\(path) \(options)")
            }
        }
    }

    @Test("schedule-job, list-jobs, cancel-job, get-log and status answer as recorded")
    func jobs() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            var ids: [JobID] = []
            for (when, more) in [("every 10 minutes", ["-F", "description=test #1"]), ("now", [])] {
                let form = ["-F", "project=shop", "-F", "spider=fast", "-F", "when=\(when)"] + more
                let answer = try await server.curl(
                    "schedule-job.json", options: form + ["--form-string", #"payload={"test": [1,2,3]}"#])
                let id = try #require(try answer.json["identifier"]?.text.flatMap { JobID($0) })
                #expect(
                    try record(answer, [id]) == recorded(200, #"{"status": "ok", "identifier": "‹id 1›"}"#))
                ids.append(id)
            }
            _ = try await server.ended(ids[1])

            let scheduled = job(
                "‹id 1›", "SCHEDULED", "every 10 minutes", "null", #""description": "test #1""#)
            let ended = job("‹id 2›", "SUCCESSFUL", "now", "0", "")
            let exchanges: [(path: String, options: [String], status: Int, body: String)] = [
                ("list-jobs.json?status=ACTIVE", [], 200, #"{"status": "ok", "jobs": [\#(scheduled)]}"#),
                ("list-jobs.json?status=SCHEDULED", [], 200, #"{"status": "ok", "jobs": [\#(scheduled)]}"#),
                ("list-jobs.json?status=RUNNING", [], 200, #"{"status": "ok", "jobs": []}"#),
                ("list-jobs.json?status=COMPLETED", [], 200, #"{"status": "ok", "jobs": [\#(ended)]}"#),
                ("list-jobs.json?id=\(ids[1])", [], 200, #"{"status": "ok", "jobs": [\#(ended)]}"#),
                (
                    "list-jobs.json", [], 400,
                    #"{"status": "error", "msg": "Neither argument present: \"status\", \"id\""}"#
                ),
                (
                    "schedule-job.json", ["-F", "project=shop", "-F", "spider=fast"], 400,
                    #"{"status": "error", "msg": "Missing argument \"when\""}"#
                ),
                (
                    "schedule-job.json", ["-F", "project=shop", "-F", "spider=none", "-F", "when=now"], 400,
                    #"{"status": "error", "msg": "Unknown spider shop/none: its spiders are fail, fast, sh, slow"}"#
                ),
                (
                    "remove-project.json", ["-F", "name=shop"], 400,
                    #"{"status": "error", "msg": "There are 1 scheduled spiders for project \"shop\": cancel it first: "#
                        + #"‹id 1›"}"#
                ),
                ("cancel-job.json", ["-F", "id=\(ids[0])"], 200, #"{"status": "ok"}"#),
                (
                    "cancel-job.json", ["-F", "id=\(ids[1])"], 400,
                    #"{"status": "error", "msg": "Job ‹id 2› is not active: it ended as SUCCESSFUL at ‹time›Z"}"#
                ),
            ]
            for (path, options, status, body) in exchanges {
                let answer = try record(try await server.curl(path, options: options), ids)
                    .replacing(/"duration": \d+/, with: #""duration": 0"#)
                #expect(answer == recorded(status, body), "\(path) \(options)")
            }
            for (name, text) in [("out", "out\n"), ("err", "err\n")] {
                let answer = try record(try await server.curl("get-log/data/\(ids[1]).\(name)"), ids)
                #expect(
                    answer == """
                        200
                        server: scrapy-spool
                        content-type: text/plain; charset=utf-8
                        x-content-type-options: nosniff
                        x-accel-buffering: no
                        log-start: 0
                        cache-control: no-store
                        accept-ranges: bytes
                        \(text)
                        """)
            }
            try await checkStatus(server)
        }
    }

    private func checkStatus(_ server: Server) async throws {
        let answer = try record(try await server.curl("status.json"), [])
            .replacing(/"(memory-usage|cpu-usage|disk-free)": [\d.]+/) { "\"\($0.1)\": ‹number›" }
            .replacing(/"(timezone|hostname|uptime|daemon-version)": "[^"]+"/) { "\"\($0.1)\": ‹text›" }
        #expect(
            answer
                == recorded(
                    200,
                    """
                    {"status": "ok", "memory-usage": ‹number›, "cpu-usage": ‹number›, "time": "‹time›", \
                    "timezone": ‹text›, "hostname": ‹text›, "uptime": ‹text›, "jobs-run": 1, "jobs-successful": 1, \
                    "jobs-failed": 0, "jobs-canceled": 0, "jobs-scheduled": 0, "projects": 1, "spiders": 4, \
                    "daemon-version": ‹text›, "disk-free": ‹number›, "disk-state": "ok", "held": false}
                    """))
    }
}
