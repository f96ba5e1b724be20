import Glibc
import LinuxSystem
import SpoolModel

/// A client that does things at random and expects to see, with its very next request to any endpoint, what it was answered.
final class HistoryClient {
    /// What the client knows of a job of its own.
    private enum Known {
        /// It is scheduled.
        case scheduled
        /// It waits for a slot or runs, until it is canceled.
        case slow(isSeenRunning: Bool)
        case ended(String)
    }

    /// What was done so far.
    private(set) var history: [String] = []
    private let world: HistoryWorld
    private let connection: KeptConnection
    private let events: KeptConnection
    private let project: String, extra: String
    private var jobs: [JobID: Known] = [:]
    /// The last job of each spider that ends by itself.
    private var last: [String: JobID] = [:]
    private var hasExtra = false
    private var generator: SplitMix64
    private var submissionCount = 0

    init(_ number: Int, in world: HistoryWorld, seed: UInt64) throws {
        self.world = world
        project = "own\(number)"
        extra = "extra\(number)"
        generator = SplitMix64(state: seed &+ UInt64(number) &* 0x1234_5678_9abc_def1)
        connection = try KeptConnection(to: world.server.address)
        events = try KeptConnection(to: world.server.address)
        try events.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try events.await("retry:")
    }

    /// Does something and looks at what came of it.
    func step() throws {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: try schedule()
        case 1, 2: try start()
        case 3: try run("fast", "SUCCESSFUL")
        case 4: try run("fail", "FAILED")
        case 5: try cancel()
        case 6: try submission()
        case 7: try touch()
        case 8: try pushOrRemove()
        default:
            note("counts")
            try world.expectCounts(connection)
        }
    }

    /// Cancels what runs, and looks at everything once more.
    func end() throws {
        for (id, known) in jobs {
            if case .slow = known { try cancel(id) }
        }
        for id in jobs.keys { try look(at: id) }
        try world.expectCounts(connection)
        try expectStatistics()
        // Whatever was answered comes with the events as well.
        for (id, known) in jobs {
            if case .ended(let end) = known {
                _ = try events.await("\"identifier\": \"\(id)\", \"status\": \"\(end)\"")
            }
        }
    }

    /// What the statistics of this client's own project count, which nobody else changes.
    private func expectStatistics() throws {
        let days = try connection.get("statistics.json?project=\(project)").ok["days"]?.elements ?? []
        for state in ["SUCCESSFUL", "FAILED", "CANCELED"] {
            let seen = days.reduce(0) { $0 + ($1[state]?.integer ?? 0) }
            let right = jobs.values.count { if case .ended(state) = $0 { true } else { false } }
            guard seen == right else { throw Failure("statistics.json counts \(seen) as \(state), not \(right)") }
        }
    }

    private func note(_ text: String) { history.append(text) }

    // MARK: What it does

    private func schedule() throws {
        note("schedule every 10 hours")
        world.begin { $0.scheduled += 1 }
        let id = try connection.schedule(project, "sh", when: "every 10 hours")
        world.finish { $0.scheduled += 1 }
        jobs[id] = .scheduled
        try look(at: id)
    }

    private func start() throws {
        note("schedule slow now")
        world.begin { $0.jobs["slow", default: 0] += 1 }
        let id = try connection.schedule(project, "slow")
        jobs[id] = .slow(isSeenRunning: false)
        try look(at: id)
    }

    private func run(_ spider: String, _ end: String) throws {
        note("run \(spider)")
        world.begin { $0.jobs[spider, default: 0] += 1 }
        let id = try connection.schedule(project, spider)
        // It may end between two questions, so the second one finds what the first one does not.
        let active = try connection.get("list-jobs.json?status=ACTIVE").state(of: id)
        let completed = try connection.get("list-jobs.json?status=COMPLETED").state(of: id)
        guard active != nil || completed != nil else { throw Failure("\(id) is in no list") }
        // A log that is followed ends with its job. Asked for before the job has started it may not be there yet.
        while try connection.get("get-log/data/\(id).err").status == 404 {}
        world.finish {
            $0.ends[end, default: 0] += 1
            $0.runs += 1
        }
        jobs[id] = .ended(end)
        last[spider] = id
        try look(at: id)
    }

    private func cancel() throws {
        guard let id = active.randomElement(using: &generator) else { return }
        try cancel(id)
        try look(at: id)
    }

    private func cancel(_ id: JobID) throws {
        note("cancel \(id)")
        begin(cancelOf: id)
        _ = try connection.post("cancel-job.json", ["id": "\(id)"]).ok
        finish(cancelOf: id)
    }

    /// Jobs that have not ended, in an order that does not depend on the run.
    private var active: [JobID] {
        jobs.filter { if case .ended = $0.value { false } else { true } }.keys.sorted()
    }

    private func begin(cancelOf id: JobID) {
        world.begin {
            $0.cancels += 1
            if case .scheduled = jobs[id] { $0.scheduledCancels += 1 }
        }
    }

    private func finish(cancelOf id: JobID) {
        world.finish {
            $0.cancels += 1
            switch jobs[id] {
            case .scheduled: $0.scheduledCancels += 1
            case .slow(isSeenRunning: true): $0.runningCancels += 1
            default: break
            }
        }
        jobs[id] = .ended("CANCELED")
    }

    /// A cancel by hand: the client hears of the end from the events.
    private func touch() throws {
        guard let id = active.randomElement(using: &generator) else { return }
        note("touch \(id)")
        begin(cancelOf: id)
        try File.write("", to: "\(world.server.spool)/cancel/\(id)")
        _ = try events.await("\"identifier\": \"\(id)\", \"status\": \"CANCELED\"")
        finish(cancelOf: id)
        try look(at: id)
    }

    /// A job by hand: the client hears of it from the events.
    private func submission() throws {
        submissionCount += 1
        let name = "\(project)-\(submissionCount)"
        note("hand in \(name)")
        let aside = world.server.folder.fresh("aside")
        try File.makeDirectory(aside)
        try File.write(
            "{\"project\": \"\(project)\", \"spider\": \"slow\", \"description\": \"\(name)!\"}",
            to: "\(aside)/metadata.json")
        world.begin { $0.jobs["slow", default: 0] += 1 }
        guard rename(aside, "\(world.server.spool)/incoming/\(name)") == 0 else { throw SystemError("hand in") }
        let place = try events.await("\"description\": \"\(name)!\"")
        let line = String(decoding: events.received[..<place].suffix(600), as: UTF8.self)
        let start = "\"identifier\": \""
        guard let id = line.ranges(of: start).last.flatMap({ JobID(line[$0.upperBound...].prefix(36)) }) else {
            throw Failure("no id in: \(line)")
        }
        jobs[id] = .slow(isSeenRunning: false)
        try look(at: id)
    }

    private func pushOrRemove() throws {
        if hasExtra {
            note("remove \(extra)")
            _ = try connection.post("remove-project.json", ["name": extra]).ok
        } else {
            note("push \(extra)")
            _ = try connection.push(world.archives[extra] ?? "").ok
        }
        hasExtra.toggle()
        let names = try connection.get("list-projects.json").ok["projects"]?.texts ?? []
        let described = try connection.get("describe-projects.json").ok["projects"]?.elements ?? []
        let spiders = try connection.get("list-spiders.json?project=\(extra)")
        guard names.contains(extra) == hasExtra, described.contains(where: { $0["name"]?.text == extra }) == hasExtra,
            (spiders.status == 200) == hasExtra
        else { throw Failure("\(extra): \(names) \(spiders.text)") }
    }

    // MARK: What it sees

    /// Looks for a job in an endpoint.
    private func look(at id: JobID) throws {
        let endpoint = Int.random(in: 0..<7, using: &generator)
        note("look \(endpoint)")
        switch jobs[id] {
        case .scheduled: try expect(id, ["SCHEDULED"], endpoint)
        case .slow(let isSeenRunning):
            let state = try expect(id, isSeenRunning ? ["RUNNING"] : ["PENDING", "RUNNING"], endpoint)
            if state == "RUNNING", !isSeenRunning {
                jobs[id] = .slow(isSeenRunning: true)
                world.finish { $0.runs += 1 }
            }
        case .ended(let end): try expect(id, [end], endpoint)
        case nil: break
        }
    }

    @discardableResult
    private func expect(_ id: JobID, _ states: [String], _ endpoint: Int) throws -> String? {
        let isActive = states != ["SUCCESSFUL"] && states != ["FAILED"] && states != ["CANCELED"]
        let group = isActive ? "ACTIVE" : "COMPLETED", others = isActive ? "COMPLETED" : "ACTIVE"
        var path: String
        switch endpoint {
        case 0: path = "list-jobs.json?id=\(id)"
        case 1: path = "list-jobs.json?id=\(id)&facts=1"
        case 2: path = "list-jobs.json?status=\(group)&project=\(project)&limit=1000"
        case 3: path = states.count == 1 ? "list-jobs.json?status=\(states[0])" : "list-jobs.json?status=\(group)"
        case 4 where isActive: path = "overview.json"
        case 5 where !isActive: path = "describe-projects.json"
        default: path = "list-jobs.json?status=\(group)"
        }
        let answer = try connection.get(path)
        if endpoint == 5, !isActive {
            // The description names the last run of each spider.
            for id in last.values where answer.state(of: id) == nil {
                throw Failure("\(id) is not described as the last")
            }
        } else {
            guard let state = answer.state(of: id), states.contains(state) else {
                throw Failure("\(id) is \(answer.state(of: id) ?? "missing"), not \(states), in \(path)")
            }
            try world.expectCounts(connection)
            guard try connection.get("list-jobs.json?status=\(others)").state(of: id) == nil else {
                throw Failure("\(id) is in \(others) as well")
            }
            return state
        }
        return nil
    }
}

/// Random numbers that a seed gives again (SplitMix64).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
