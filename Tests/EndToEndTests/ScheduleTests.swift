import LinuxSystem
import SpoolModel
import Testing

@Suite("Schedules", .fewAtATime)
struct ScheduleTests {
    @Test("Specs of every form are taken, kept as they were written, and have a next time")
    func specs() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let (minute, hour, day) = (Int64(60), Int64(3600), Int64(86_400))
            let specs: [(when: String, seconds: ClosedRange<Int64>)] = [
                ("every minute", minute...minute), ("every 10 minutes", 10 * minute...10 * minute),
                ("every 5 to 7 hours", 5 * hour...7 * hour), ("every week", 7 * day...7 * day),
                ("every day", day...day), ("every hour at 00:15", 0...hour), ("every day at 10:30", 0...day + hour),
                ("every monday", 0...7 * day + hour), ("every sunday at 23:59", 0...7 * day + hour),
                ("EVERY  2 Days", 2 * day...2 * day),
            ]
            for (when, seconds) in specs {
                let id = try await server.schedule("trouble/quick", when: when)
                let status = try server.status(of: id)
                #expect(status.state == .scheduled, "\(when)")
                let span = try #require(status[.next]).seconds - #require(status[.at]).seconds
                #expect((seconds.lowerBound - 1...seconds.upperBound + 1).contains(span), "\(when): \(status.line)")
                let job = try await server.ok("list-jobs.json?id=\(id)")["jobs"]?.elements?.first
                #expect(job?["schedule"] == .string(when))
            }
            #expect(try await server.ok("status.json")["jobs-scheduled"]?.integer == specs.count)
        }
    }

    @Test("Times are those of the server's time zone in answers and schedules, and UTC in the tree")
    func timeZone() async throws {
        try await Folder.with { folder in
            let tokyo = try await Server(in: folder, environment: ["TZ=Asia/Tokyo"])
            try await tokyo.push(Archives.trouble)
            let id = try await tokyo.schedule("trouble/quick", when: "every day at 10:30")
            let status = try tokyo.status(of: id)
            #expect(try #require(status[.next]).rfc3339.contains("T01:30:00"))
            let job = try #require(try await tokyo.jobs("SCHEDULED").first)
            let shown = try #require(job["timestamp"]?.text)
            let local = try #require(Timestamp(rfc3339: shown.replacing(" ", with: "T") + "Z"))
            #expect(local == status[.at]?.adding(seconds: 9 * 3600))
            #expect(try await tokyo.ok("status.json")["timezone"]?.text?.contains("JST") == true)
        }
    }

    @Test("A run of a schedule is a job of the scheduler's, and the schedule stays")
    func run() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick", when: "every 2 seconds")
            let timestamp = try await server.jobs("SCHEDULED").first?["timestamp"]
            let due = try #require(try server.status(of: id)[.next])
            let run = JobID(firingOf: id, due: due)
            try await waitFor("the run", in: ["\(server.spool)/active"]) {
                File.exists(server.directory(of: run) + "/status") ? () : nil
            }
            let end = try await server.ended(run)
            #expect(end.state == .successful, "\(end.line) \(server.log(of: run))")
            #expect(try #require(end[.started]) >= due)
            // The engine looks at everything each 30 s.
            #expect(try #require(end[.started]) < due.adding(seconds: 25), "no poll stands in between")
            #expect(try await server.jobs("SCHEDULED").first?["timestamp"] == timestamp)
            let metadata = try JSON(parsing: File.bytes(server.directory(of: run) + "/metadata.json"))
            #expect(metadata["fired_by"] == .string("\(id)"))
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            let job = try await server.ok("list-jobs.json?id=\(run)")["jobs"]?.elements?.first
            #expect(job?["actor"] == .string("SCHEDULER") && job?["schedule"] == .string("now"))
        }
    }
}
