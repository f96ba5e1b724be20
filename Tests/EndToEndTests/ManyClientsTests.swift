import LinuxSystem
import SpoolModel
import Synchronization
import Testing

@Suite("What was answered is seen", .fewAtATime)
struct ManyClientsTests {
    /// Runs as many clients at once, each on a thread of its own.
    private func together(_ count: Int, _ client: @escaping @Sendable (Int) throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask { try await onThread { try client(number) } }
            }
            try await group.waitForAll()
        }
    }

    /// Throws unless something holds: expectations that fail on a thread of a test's own are not seen to be the test's.
    private func expect(_ holds: Bool, _ message: String) throws {
        guard holds else { throw Failure(message) }
    }

    private func expect(counts: Counts, _ client: KeptConnection) throws {
        let seen = try client.counts()
        try expect(seen == counts, "status.json counts \(seen), not \(counts)")
    }

    @Test("Jobs that four clients make and cancel at once are in every list with the answer", arguments: [0, 100])
    func crowd(slots: Int) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--job-slots", "\(slots)", "--completed-cap", "1000")
            try await server.push(standIn.archive("shop"))
            let address = server.address
            let all = Mutex<Set<JobID>>([])
            try await together(4) { _ in
                let client = try KeptConnection(to: address)
                var own: [JobID] = []
                for _ in 1...25 {
                    let id = try client.schedule("shop", "slow")
                    own.append(id)
                    let list = try client.get("list-jobs.json?status=ACTIVE")
                    try expect(["PENDING", "RUNNING"].contains(list.state(of: id)), "\(id) is missing")
                }
                all.withLock { $0.formUnion(own) }
                let list = try client.get("list-jobs.json?status=ACTIVE&project=shop&limit=1000")
                try expect(own.allSatisfy { list.state(of: $0) != nil }, "jobs of the project are missing")
            }
            let ids = all.withLock { $0 }
            #expect(Set(try await server.ids("ACTIVE")) == ids)
            let counts = try await server.ok("overview.json")["counts"]
            #expect((counts?["PENDING"]?.integer ?? 0) + (counts?["RUNNING"]?.integer ?? 0) == 100)

            let sorted = ids.sorted()
            try await together(4) { number in
                let client = try KeptConnection(to: address)
                for id in sorted[(number * 25)..<(number * 25 + 25)] {
                    _ = try client.post("cancel-job.json", ["id": "\(id)"]).ok
                    let canceled = try client.get("list-jobs.json?status=CANCELED").state(of: id)
                    let active = try client.get("list-jobs.json?status=ACTIVE").state(of: id)
                    try expect(canceled == "CANCELED" && active == nil, "\(id) is \(canceled ?? "missing")")
                }
            }
            #expect(Set(try await server.ids("COMPLETED")) == ids)
            let days = try await server.ok("statistics.json")["days"]?.elements ?? []
            #expect(days.reduce(0) { $0 + ($1["CANCELED"]?.integer ?? 0) } == 100)
        }
    }

    @Test("Counters are not behind a cancel that was answered, nor behind an end that a list shows")
    func counters() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--completed-cap", "1000")
            try await server.push(standIn.archive("shop"))
            let address = server.address
            try await onThread {
                let client = try KeptConnection(to: address)
                for count in 1...30 {
                    let slow = try client.schedule("shop", "slow")
                    // A log is there once its job runs. A request waits for that, for a while each.
                    var log = try KeptConnection(to: address)
                    while true {
                        try log.send("GET /get-log/data/\(slow).err HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        let status = try log.head().status
                        if status == 200 { break }
                        try expect(status == 404, "the log of \(slow) is answered with \(status)")
                        log = try KeptConnection(to: address)
                    }
                    try expect(counts: Counts(run: 3 * count - 2, ended: 3 * (count - 1), count - 1), client)
                    _ = try client.post("cancel-job.json", ["id": "\(slow)"]).ok
                    try expect(counts: Counts(run: 3 * count - 2, ended: 3 * count - 2, count), client)

                    for (spider, end) in [("fast", "SUCCESSFUL"), ("fail", "FAILED")] {
                        let id = try client.schedule("shop", spider)
                        while try client.get("list-jobs.json?status=COMPLETED").state(of: id) == nil {}
                        let done = 3 * count - (spider == "fast" ? 1 : 0)
                        try expect(counts: Counts(run: done, ended: done, count), client)
                        let state = try client.get("list-jobs.json?status=\(end)").state(of: id)
                        try expect(state == end, "\(id) is \(state ?? "missing"), not \(end)")
                    }
                }
            }
        }
    }

    @Test("Many clients at once see what they were answered, in every endpoint, as a model says")
    func histories() async throws {
        var generator = SystemRandomNumberGenerator()
        let seed = Host.environment("SEED").flatMap { UInt64($0) } ?? generator.next()
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--job-slots", "100", "--completed-cap", "100000")
            let world = try await HistoryWorld(server, standIn, clients: 5)
            do {
                try await together(5) { number in
                    let client = try HistoryClient(number, in: world, seed: seed)
                    do {
                        for _ in 1...40 { try client.step() }
                        try client.end()
                    } catch {
                        throw Failure(
                            "client \(number): \(error)\nafter: \(client.history.suffix(12).joined(separator: "; "))")
                    }
                }
                let address = server.address
                try await onThread { try world.expectExactly(try KeptConnection(to: address)) }
            } catch {
                throw Failure("SEED=\(seed): \(error)")
            }
        }
    }
}

extension KeptConnection {
    /// Schedules a job.
    func schedule(
        _ project: String, _ spider: String, when: String = "now", payload: String = "{}"
    ) throws -> JobID {
        let answer = try post(
            "schedule-job.json", ["project": project, "spider": spider, "when": when, "payload": payload])
        guard let id = try answer.ok["identifier"]?.text.flatMap({ JobID($0) }) else { throw Failure(answer.text) }
        return id
    }

    /// What status.json counts.
    func counts() throws -> Counts {
        let answer = try get("status.json").ok
        func count(_ name: String) -> Int { answer["jobs-\(name)"]?.integer ?? -1 }
        return Counts(
            run: count("run"), ended: count("successful") + count("failed") + count("canceled"), count("canceled"))
    }
}

/// Jobs that ran, those of them that have ended, and those of these that were canceled.
struct Counts: Equatable {
    let run, ended, canceled: Int

    init(run: Int, ended: Int, _ canceled: Int) {
        self.run = run
        self.ended = ended
        self.canceled = canceled
    }
}
