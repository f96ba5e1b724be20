import LinuxSystem
import SpoolModel
import Synchronization

/// What clients that are at work at the same time have asked for and were answered, together. Each number that the server
/// tells lies between what was answered before the question and what was asked for before the answer.
final class HistoryWorld: Sendable {
    /// Counts of requests that were sent, or of those that were answered or seen.
    struct Tally {
        /// Jobs of each spider, and those that are scheduled.
        var jobs: [String: Int] = [:], scheduled = 0
        /// Ends that were seen, by state.
        var ends: [String: Int] = [:]
        /// Jobs that were seen to run or to have run.
        var runs = 0
        /// Cancels, those of scheduled jobs, and those of jobs that were seen to run.
        var cancels = 0, scheduledCancels = 0, runningCancels = 0
    }

    let server: Server
    /// The archives of each client's own project, and those of the projects that it pushes and removes.
    let archives: [String: String]
    private let state = Mutex((begun: Tally(), done: Tally()))

    init(_ server: Server, _ standIn: StandIn, clients: Int) async throws {
        self.server = server
        var archives: [String: String] = [:]
        for number in 0..<clients {
            archives["own\(number)"] = try await standIn.archive("own\(number)")
            archives["extra\(number)"] = try await standIn.archive("extra\(number)", ["fast"])
            try await server.push(archives["own\(number)"] ?? "")
        }
        self.archives = archives
    }

    /// Notes a request that is about to be sent.
    func begin(_ change: (inout Tally) -> Void) { state.withLock { change(&$0.begun) } }

    /// Notes an answer.
    func finish(_ change: (inout Tally) -> Void) { state.withLock { change(&$0.done) } }

    /// Asks for something, and expects numbers of the answer between what was done before and what was begun by then.
    func expectBounds(
        _ ask: () throws -> [(name: String, number: Int?, bound: (Tally, Bool) -> Int)]
    ) throws {
        let done = state.withLock { $0.done }
        let numbers = try ask()
        let begun = state.withLock { $0.begun }
        for (name, number, bound) in numbers {
            let (least, most) = (bound(done, true), bound(begun, false))
            guard let number, number >= least, number <= most else {
                throw Failure("\(name) is \(number.map(String.init) ?? "missing"), not from \(least) to \(most)")
            }
        }
    }

    /// What status.json, statistics.json and overview.json count.
    func expectCounts(_ client: KeptConnection) throws {
        try expectBounds {
            let answer = try client.get("status.json").ok
            func count(_ name: String) -> Int? { answer["jobs-\(name)"]?.integer }
            return [
                (
                    "jobs-successful", count("successful"),
                    { $1 ? $0.ends["SUCCESSFUL", default: 0] : $0.jobs["fast", default: 0] }
                ),
                ("jobs-failed", count("failed"), { $1 ? $0.ends["FAILED", default: 0] : $0.jobs["fail", default: 0] }),
                ("jobs-canceled", count("canceled"), { $1 ? $0.runningCancels : $0.cancels - $0.scheduledCancels }),
                ("jobs-run", count("run"), { $1 ? $0.runs : $0.jobs.values.reduce(0, +) }),
            ]
        }
        for (path, days) in [("statistics.json", "days"), ("overview.json", "days")] {
            try expectBounds {
                let answer = try client.get(path).ok[days]?.elements ?? []
                func count(_ state: String) -> Int? { answer.reduce(0) { $0 + ($1[state]?.integer ?? 0) } }
                return [
                    (
                        "\(path) SUCCESSFUL", count("SUCCESSFUL"),
                        { $1 ? $0.ends["SUCCESSFUL", default: 0] : $0.jobs["fast", default: 0] }
                    ),
                    (
                        "\(path) FAILED", count("FAILED"),
                        { $1 ? $0.ends["FAILED", default: 0] : $0.jobs["fail", default: 0] }
                    ),
                    ("\(path) CANCELED", count("CANCELED"), { tally, _ in tally.cancels }),
                ]
            }
        }
        // Those that are scheduled come and go.
        let (before, began) = state.withLock { ($0.done.scheduled, $0.done.scheduledCancels) }
        let scheduled = try client.get("status.json").ok["jobs-scheduled"]?.integer ?? -1
        let (after, canceled) = state.withLock { ($0.begun.scheduled, $0.begun.scheduledCancels) }
        guard scheduled >= before - canceled, scheduled <= after - began else {
            throw Failure("jobs-scheduled is \(scheduled), not from \(before - canceled) to \(after - began)")
        }
    }

    /// When all clients are through, the counters say exactly what was done.
    func expectExactly(_ client: KeptConnection) throws {
        let (begun, done) = state.withLock { $0 }
        let answer = try client.get("status.json").ok
        func count(_ name: String) -> Int { answer["jobs-\(name)"]?.integer ?? -1 }
        let seen = [count("successful"), count("failed"), count("scheduled")]
        let right = [
            begun.jobs["fast", default: 0], begun.jobs["fail", default: 0], done.scheduled - done.scheduledCancels,
        ]
        guard seen == right else { throw Failure("the counters are \(seen), not \(right)") }
    }
}
