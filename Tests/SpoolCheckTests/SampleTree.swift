import Glibc
import LinuxSystem
import SpoolCheck
import SpoolModel
import SpoolStore
import TestSpool

/// A spool with a project of two versions and three jobs of every state, of which the running ones are alive.
final class SampleTree {
    let temporary: TemporarySpool
    let project = ProjectName("shop")!
    private(set) var jobs: [JobState: [JobID]] = [:]
    private var locks: [Int32] = []

    var spool: Spool { temporary.spool }

    init() throws {
        temporary = try TemporarySpool()
        try push(["books"])
        try push(["authors", "books"])
        for state in JobState.allCases {
            for _ in 0..<3 { jobs[state, default: []].append(try make(state)) }
        }
    }

    deinit {
        for lock in locks { close(lock) }
    }

    /// One of the jobs of a state.
    func id(_ state: JobState) -> JobID { jobs[state]![1] }

    /// The path of one of the jobs of a state below the root.
    func place(_ state: JobState) -> String { temporary.place(id(state)) }

    // MARK: Making

    func push(_ spiders: [String]) throws {
        var generator = SystemRandomNumberGenerator()
        let now = Timestamp(microseconds: SystemClock.wall())
        let staging = try spool.stage(JobID(at: now, using: &generator))
        try staging.archive.write([1, 2, 3])
        try staging.code.makeDirectory("shop")
        try staging.code.directory("shop").writeDurably("scrapy.cfg", [65])
        _ = try spool.publish(
            staging, name: project, directory: "shop", spiders: spiders.compactMap(SpiderName.init),
            sha256: "00", size: 3, at: now)
    }

    private func make(_ state: JobState) throws -> JobID {
        var job = temporary.job(state)
        switch state {
        case .successful, .failed, .canceled:
            job.status[.ended] = job.status[.at]
            try spool.createFinished(job, hasLogs: true) { (out, error) throws(SystemError) in
                try out.write([65, 10])
                try error.write([66, 10])
            }
        case .scheduled:
            job.metadata.schedule = "every 3 hours"
            job.status[.next] = job.status[.at]?.adding(seconds: 10_800)
            try spool.create(job)
        case .pending:
            try spool.create(job)
        case .running:
            job.status[.attempt] = "a"
            try spool.create(job)
            let directory = try spool.directory(of: job.id)
            for claim in ["claim.a", "work"] { try directory.directory.makeDirectory(claim) }
            if let lock = try directory.tryLock() { locks.append(lock.release()) }
        }
        return job.id
    }

    // MARK: Breaking

    /// Writes a file of the tree, whatever is there.
    func write(_ text: String, to path: String) throws {
        try spool.root.writeDurably(path, Array(text.utf8))
    }

    /// Makes a directory with a file in it, whose name is not UTF-8; returns its path as it is written for people.
    func makeOdd(in path: String) throws -> String {
        let name = FileName(bytes: Array("caf".utf8) + [0xe9])
        let directory = try spool.root.directory(path)
        try directory.makeDirectory(name)
        try directory.directory(name).writeDurably("file", [65])
        return "\(path)/caf%E9"
    }

    /// Puts a FIFO where something else is.
    func makeFIFO(_ path: String) throws {
        try? spool.root.remove(path)
        guard mkfifo("\(temporary.path)/\(path)", 0o600) == 0 else { throw SystemError("make a FIFO") }
    }

    /// Renames below the root.
    func move(_ path: String, to newPath: String) throws {
        try spool.root.rename(path, to: newPath)
    }

    /// Makes a directory and those above it.
    func makeDirectory(_ path: String) throws {
        _ = try Directory(making: "\(temporary.path)/\(path)")
    }

    /// Gives another status to one of the jobs of a state.
    func changeStatus(_ state: JobState, _ change: (inout JobStatus) -> Void) throws {
        let directory = try spool.directory(of: id(state))
        var status = try directory.status()
        change(&status)
        try directory.publish(status)
    }

    // MARK: Checking

    /// A finding with what became of it.
    struct Report {
        let finding: Finding
        let outcome: Outcome

        /// Whether it matters.
        var isBad: Bool { finding.severity != .note }
    }

    /// What a check finds.
    func check(repairing: Bool = false) throws -> [Report] {
        // The check before has had the locks.
        StartingProcesses.awaitExecution()
        var reports: [Report] = []
        _ = try TreeCheck.run(temporary.path, repairing: repairing) { reports.append(Report(finding: $0, outcome: $1)) }
        return reports
    }
}
