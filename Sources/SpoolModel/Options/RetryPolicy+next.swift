extension RetryPolicy.Cause {
    /// The cause of a failure; nil for a job that has not failed, and for a failure that no other try would mend.
    public init?(of status: JobStatus) {
        guard status.state == .failed else { return nil }
        switch status[.reason] {
        case Verdict.rule, Verdict.noReport: self = .rule
        case "stall-limit": self = .stall
        case "time-limit": self = .time
        case "memory-limit": self = .memory
        case "shim-lost", "interrupted": self = .lost
        case "no-project", "no-version", "no-environment", "no-next-time": return nil
        case JobStatus.shutdown: self = .signal
        default: self = status[.signal] == nil ? .exit : .signal
        }
    }
}

extension JobMetadata {
    /// The job that tries this one again, and its status; nil if it is not tried again. The same for the same files, so that
    /// a step that is repeated after a crash makes the same job.
    ///
    /// - Parameter status: the final status of this job.
    public func retry(after status: JobStatus) -> (metadata: JobMetadata, status: JobStatus)? {
        let policy = options.retry
        guard let cause = RetryPolicy.Cause(of: status), (policy.causes ?? RetryPolicy.usualCauses).contains(cause),
            tryNumber <= policy.count ?? 0, let end = status[.ended] ?? status[.at]
        else { return nil }
        let first = retryOf ?? id
        var metadata = JobMetadata(
            id: JobID(retry: tryNumber, of: first, after: end), actor: actor, schedule: "now", project: project,
            spider: spider, description: description, payload: payload, created: end, firedBy: firedBy)
        metadata.overlap = overlap
        metadata.executor = executor
        metadata.by = by
        metadata.options = options
        metadata.client = client
        metadata.retryOf = first
        metadata.tryNumber = tryNumber + 1
        var pending = JobStatus(.pending, at: end)
        pending[.by] = by
        pending[.tryNumber] = metadata.tryNumber
        pending[.notBefore] = end.adding(microseconds: metadata.longestDelay(jitter: true))
        return (metadata, pending)
    }

    /// Microseconds from the end of the try before this one to its start.
    ///
    /// - Parameter jitter: whether up to a quarter is left out, so that jobs that failed together do not start together; the
    ///   same part each time.
    public func longestDelay(jitter: Bool = false) -> Int64 {
        let delay = Int64(options.retry.delay(before: tryNumber - 1)) * 1_000_000
        guard jitter else { return delay }
        var draws = RepeatableGenerator(seed: id.low)
        return delay - Int64.random(in: 0...delay / 4, using: &draws)
    }
}
