/// What `squeue` said: the jobs that Slurm knows and that have not ended.
public struct SlurmListing: Hashable, Sendable {
    /// What Slurm does with a job.
    public enum Presence: Hashable, Sendable {
        /// It waits.
        case waiting
        /// It is on a node, or on its way there or away.
        case running
    }

    /// By the attempts' names.
    public let jobs: [String: Presence]

    /// Reads the lines that ``SlurmCall/list(by:)`` asks for. Lines that are none are left out: a job of somebody's with an
    /// odd name.
    public init(parsing output: some StringProtocol) {
        var jobs: [String: Presence] = [:]
        for line in output.split(separator: "\n") {
            // The name is first and may hold anything; a state is one word.
            guard let space = line.lastIndex(of: " ") else { continue }
            let name = String(line[..<space])
            let state = line[line.index(after: space)...]
            guard let presence = SlurmListing.presence(state), jobs[name] != .running else { continue }
            jobs[name] = presence
        }
        self.jobs = jobs
    }

    /// What a state means (squeue(1), "JOB STATE CODES"); nil for one of a job that has ended.
    private static func presence(_ state: some StringProtocol) -> Presence? {
        switch state {
        case "PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD": .waiting
        case "CANCELLED", "COMPLETED", "FAILED", "TIMEOUT", "NODE_FAIL", "PREEMPTED", "BOOT_FAIL", "DEADLINE",
            "OUT_OF_MEMORY", "REVOKED":
            nil
        default: .running
        }
    }
}
