package import SpoolModel

/// The finished jobs, and the rules on their number, age and size. A pure table; it reads and deletes nothing.
///
/// Jobs with unknown ends are counted, so that no status has to be read before a rule may be broken. Jobs that cannot
/// be read are not in the table: they do not count against the limits, and are not deleted.
package struct Retention {
    /// When a job ended, and whether it failed.
    package struct End: Hashable, Sendable {
        /// When.
        package let at: Timestamp
        /// Whether it failed.
        package let isFailure: Bool

        /// An end with nothing left out.
        package init(at: Timestamp, isFailure: Bool) {
            self.at = at
            self.isFailure = isFailure
        }

        /// The end by a status; nil if the status is not final or has no time.
        package init?(of status: JobStatus) {
            guard status.state.isFinal, let at = status[.ended] ?? status[.at] else { return nil }
            self.init(at: at, isFailure: status.state == .failed)
        }
    }

    private var good = Ordered<JobID, Timestamp>()
    private var failed = Ordered<JobID, Timestamp>()
    private var sizes = Ordered<JobID, Int64>()
    private var bytes: Int64 = 0
    /// Jobs whose end has not been read yet.
    package private(set) var unread: Set<JobID> = []
    /// Jobs whose sizes are not known; nil until that was asked for: without a rule on sizes it would be all jobs.
    private var noted: Set<JobID>?

    /// Keeps nothing yet.
    package init() {}

    /// How many jobs are kept.
    package var count: Int { good.count + failed.count + unread.count }

    /// Whether a job is among those that are kept.
    package func contains(_ id: JobID) -> Bool { isRead(id) || unread.contains(id) }

    private func isRead(_ id: JobID) -> Bool { good[id] != nil || failed[id] != nil }

    /// Jobs whose sizes are not known.
    package var unmeasured: Set<JobID> {
        noted ?? unread.union(good.keys).union(failed.keys).filter { sizes[$0] == nil }
    }

    /// Keeps ``unmeasured`` up to date from now on.
    package mutating func noteUnmeasured() { noted = unmeasured }

    /// Adds a finished job. Its end is read when a rule may be broken.
    package mutating func add(_ id: JobID) {
        if !isRead(id) { unread.insert(id) }
        if sizes[id] == nil { noted?.insert(id) }
    }

    /// Adds a finished job with its end.
    package mutating func add(_ id: JobID, _ end: End) {
        unread.remove(id)
        good[id] = end.isFailure ? nil : end.at
        failed[id] = end.isFailure ? end.at : nil
        if sizes[id] == nil { noted?.insert(id) }
    }

    /// Forgets a job: it is gone or pinned, or it cannot be read or deleted.
    package mutating func remove(_ id: JobID) {
        unread.remove(id)
        good[id] = nil
        failed[id] = nil
        setSize(0, of: id)
        sizes[id] = nil
    }

    /// Forgets all jobs except these.
    package mutating func formIntersection(_ ids: Set<JobID>) {
        for id in Array(good.keys) + Array(failed.keys) + Array(unread) where !ids.contains(id) { remove(id) }
    }

    // MARK: Sizes

    /// Notes how many bytes a job's directory takes.
    package mutating func setSize(_ size: Int64, of id: JobID) {
        // Limited, so that the sum does not overflow.
        let size = max(0, min(size, 1 << 42))
        bytes += size - (sizes[id] ?? 0)
        sizes[id] = size
        noted?.remove(id)
    }

    // MARK: Rules

    /// Whether a rule may be broken, so that the ends of all jobs have to be known.
    package func mayExceed(_ rules: RetentionRules, at now: Timestamp) -> Bool {
        if let cap = rules.cap, count > cap { return true }
        guard count > rules.floor else { return false }
        // Which jobs are exempt is not known before all ends are.
        if let size = rules.keepSize, bytes > size, !unread.isEmpty || room(by: rules, at: now) != .enough {
            return true
        }
        return unread.isEmpty
            ? expired(by: rules, at: now) != nil : rules.keep != nil || rules.keepFailed != nil
    }

    /// When the next job is too old; nil while none will be.
    package func nextExpiry(by rules: RetentionRules) -> Timestamp? {
        guard count > rules.floor else { return nil }
        let ends = [(good.first?.rank, rules.keep), (failed.first?.rank, rules.keepFailed)]
        return ends.compactMap { end, keep in end.flatMap { end in keep.map { end.adding(seconds: Int64($0)) } } }.min()
    }

    /// Removes and returns the jobs that the rules do not keep, `most` at most. The ends of all must have been read.
    ///
    /// Jobs that are too old go first, in the order of their ends, then those that alone take more room than all may:
    /// the others would have to go with them. Then, while the rest are too many or too large, the job with the earliest
    /// end goes; failed jobs are spared while fewer than half of the rest have failed.
    ///
    /// An end in the future is from before the clock was set back, so it counts as older than all others.
    package mutating func takeExcess(by rules: RetentionRules, at now: Timestamp, atMost most: Int) -> [JobID] {
        var excess: [JobID] = []
        while excess.count < most, let id = next(by: rules, at: now) {
            remove(id)
            excess.append(id)
        }
        return excess
    }

    private func next(by rules: RetentionRules, at now: Timestamp) -> JobID? {
        if count > rules.floor, let id = expired(by: rules, at: now) { return id }
        let room = room(by: rules, at: now)
        if case .oversized(let id) = room { return id }
        let isTooMany = rules.cap.map { count > $0 } ?? false
        return isTooMany || room == .exceeded ? oldest(at: now) : nil
    }

    /// Whether the jobs take too much room.
    private enum Room: Equatable {
        case enough
        /// This job alone takes too much.
        case oversized(JobID)
        /// All together do.
        case exceeded
    }

    private func room(by rules: RetentionRules, at now: Timestamp) -> Room {
        guard count > rules.floor, let limit = rules.keepSize, bytes > limit else { return .enough }
        guard rules.floor > 0 else {
            return sizes.last.flatMap { $0.rank > limit ? .oversized($0.key) : nil } ?? .exceeded
        }
        // A job that alone takes too much and is exempt must not take the others with it, so it does not count.
        var rest = bytes
        for (id, size) in oversized(by: rules) {
            if newer(than: id, at: now) >= rules.floor { return .oversized(id) }
            rest -= size
        }
        return rest > limit ? .exceeded : .enough
    }

    /// The jobs that alone take more room than all may, with their sizes in bytes.
    package func oversized(by rules: RetentionRules) -> [JobID: Int64] {
        guard let limit = rules.keepSize, let largest = sizes.last, largest.rank > limit else { return [:] }
        return sizes.keys.reduce(into: [:]) { large, id in
            if let size = sizes[id], size > limit { large[id] = size }
        }
    }

    /// How many jobs ended after another one.
    private func newer(than id: JobID, at now: Timestamp) -> Int {
        // An end in the future counts as older than all others.
        func rank(_ id: JobID) -> (Int, Timestamp, JobID) {
            let end = good[id] ?? failed[id] ?? now
            return (end > now ? 0 : 1, end, id)
        }
        let own = rank(id)
        return good.keys.count { rank($0) > own } + failed.keys.count { rank($0) > own }
    }

    private func expired(by rules: RetentionRules, at now: Timestamp) -> JobID? {
        let firsts = [(good.first, rules.keep), (failed.first, rules.keepFailed)].compactMap { first, keep in
            first.flatMap { first in keep.flatMap { first.rank.adding(seconds: Int64($0)) <= now ? first : nil } }
        }
        return firsts.min { ($0.rank, $0.key) < ($1.rank, $1.key) }?.key
    }

    private func oldest(at now: Timestamp) -> JobID? {
        let future = [good.last, failed.last].compactMap { $0 }.filter { $0.rank > now }
        if let last = future.max(by: { ($0.rank, $0.key) < ($1.rank, $1.key) }) { return last.key }
        if let first = good.first, failed.count * 2 < count { return first.key }
        return [good.first, failed.first].compactMap { $0 }.min { ($0.rank, $0.key) < ($1.rank, $1.key) }?.key
    }
}
