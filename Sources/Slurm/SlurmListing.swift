/// The output of `squeue`: the jobs that Slurm knows and that have not ended.
public struct SlurmListing: Hashable, Sendable {
    /// A job's place in Slurm.
    public enum Presence: Hashable, Sendable {
        /// In the queue.
        case waiting
        /// On a node, being started there, or being cleaned up.
        case running
    }

    /// The jobs' presence, by the name of the attempt.
    public let jobs: [String: Presence]

    /// Parses the output of ``SlurmCall/list(by:)``. Lines of another form are skipped, for example those of other jobs
    /// with unusual names.
    public init(parsing output: some StringProtocol) {
        var jobs: [String: Presence] = [:]
        for line in output.split(separator: "\n") {
            // The name comes first and may contain spaces; the state is one word.
            guard let space = line.lastIndex(of: " ") else { continue }
            let name = String(line[..<space])
            let state = line[line.index(after: space)...]
            guard let presence = SlurmListing.presence(state), jobs[name] != .running else { continue }
            jobs[name] = presence
        }
        self.jobs = jobs
    }

    /// The presence that a state means (squeue(1), "JOB STATE CODES"); nil for a job that has ended. An unknown
    /// state counts as running.
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
