import SpoolEngine
import SpoolModel

extension World {
    /// Microseconds from the end of a try to the next one.
    static let retryDelay: Int64 = 4_000_000

    /// A last status was written.
    mutating func end(_ id: JobID) {
        entries[id]?.endings += 1
        let ended = entries[id]?.status[.ended] ?? now.wall
        entries[id]?.status[.ended] = ended
    }

    /// Whether a job that has ended is tried again.
    func hasRetry(_ entry: Entry) -> Bool {
        entry.status.state == .failed && entry.tryNumber <= entry.retries && !entry.isCancelRequested
    }

    /// What a hook of failures is told.
    func announcement(_ entry: Entry) -> Announcement? {
        let hook = Hook(.onFailure, .run(["true"], seconds: 1), events: [.failed], patience: 1)
        return HookEvent(entry.status.state, hasRetry: hasRetry(entry)).flatMap {
            Announcement(of: $0, in: entry.facts.project, to: [hook])
        }
    }

    private func retry(of id: JobID, _ entry: Entry) -> JobID {
        JobID(retry: entry.tryNumber, of: entry.first ?? id, after: entry.status[.ended] ?? now.wall)
    }

    mutating func makeRetry(of id: JobID) throws(Kill) {
        guard let entry = entries[id] else { return }
        let retry = retry(of: id, entry)
        if entries[retry] == nil {
            var facts = entry.facts
            facts.isRetry = true
            facts.longestDelay = World.retryDelay
            var status = JobStatus(.pending, at: now.wall)
            status[.notBefore] = entry.status[.ended]?.adding(microseconds: World.retryDelay)
            entries[retry] = Entry(
                status: status, facts: facts, first: entry.first ?? id, tryNumber: entry.tryNumber + 1,
                retries: entry.retries)
        }
        try mayDie()
        try look(retry)
    }

    /// The mark of a job goes: nothing would make its retry from now on.
    mutating func expectRetry(of id: JobID) {
        guard let entry = entries[id], entry.isMarked, hasRetry(entry) else { return }
        if entries[retry(of: id, entry)] == nil { violations.append("\(id): has lost its retry") }
    }

    /// A job is started.
    mutating func expectRoom(for id: JobID, _ entry: Entry) {
        for subject in entry.facts.subjects {
            let others = entries.filter { other, entry in
                other != id && entry.facts.subjects.contains(subject)
                    && (shims[other] != nil || entry.status.remoteAttempt != nil)
            }
            if others.count >= limits.counts[subject] ?? 0 {
                violations.append("\(id): started beside \(others.keys) of \(subject)")
            }
        }
        // Where the clock was set back, the engine has counted by the older time.
        if let notBefore = entry.status[.notBefore], notBefore > now.wall, lead == 1_700_000_000_000_000 {
            violations.append("\(id): started before its time")
        }
    }
}

extension StartLimits {
    /// Limits of tags.
    init(tags: [String: Int]) {
        self.init()
        for (tag, number) in tags { counts[.tag(JobTag(tag)!)] = number }
    }
}
