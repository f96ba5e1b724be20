internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The finished jobs, latest first. They are read on the first request, by a thread of their own from the latest day
/// on, and dropped after some time without requests. Jobs that the summary of a day has are not read again
/// (``DaySummary``), but the stamp of each is compared first.
///
/// The days are watched, so jobs that come and go show at once. A status that was changed by hand is found by a sweep
/// over all jobs, at most once a second, and ten times more rarely than it takes, and only while they are requested.
package final class FinishedIndex: TreeIndex {
    /// The known jobs.
    struct Content {
        /// The progress of reading.
        enum Phase { case nothing, reading, whole }

        /// The jobs that were read so far.
        var jobs = FinishedJobs()
        var phase = Phase.nothing
        /// The number of this read: an earlier one that is still under way stops.
        var reading = 0
        /// Whether a client was given a part of the jobs.
        var isPartGiven = false
        /// How often jobs were added or removed since this read began.
        fileprivate(set) var change = 0
        /// The callers that wait for all jobs.
        var waiting: [CheckedContinuation<Void, any Error>] = []
        var times = JobTimes()
        var stale: Set<JobID> = []
        var staleDays: Set<String> = []
        var isBeingRead = false
        var root: TreeObserver.Subscription?, active: TreeObserver.Subscription?
        var days: [String: TreeObserver.Subscription] = [:]
        /// The state at the last search for changes without events: the marks, and the days with their times.
        var marked: Set<JobID> = [], dayTimes: [String: Int64] = [:]
        var searched = Timestamp(microseconds: 0), isSearchDue = false
        /// Whether everything that has to be watched is.
        var isWatched = true
        /// Whether a sweep over all jobs is planned.
        var isSweepPlanned = false
        /// The times of the last use and of the last sweep.
        fileprivate(set) var used = Timestamp(microseconds: 0), swept = Timestamp(microseconds: 0)
        /// Microseconds between two sweeps.
        fileprivate var sweepInterval = FinishedIndex.shortestInterval
        /// When it was last looked for days that can have a summary.
        var summarized = Timestamp(microseconds: 0)

        /// The last change of a job in this index.
        func at(_ id: JobID) -> Timestamp? { times[id] }
    }

    /// Seconds without use after which the jobs are dropped.
    static let lifetime = Int64(600)
    /// Microseconds for which the content is valid without watches.
    private static let blindness = Int64(1_000_000)
    /// The fewest microseconds between two sweeps.
    private static let shortestInterval = Int64(1_000_000)

    let content = Mutex(Content())
    /// Texts with facts, of those that were asked for.
    let facts = FactTexts()
    /// The same with first errors.
    let factsWithErrors = FactTexts()
    let source: IndexSource
    let rounds: Rounds
    /// Called when clients that were given a part should ask again.
    let onMore: @Sendable () -> Void
    /// Whether summaries may be written now. May block on the disk.
    let mayWrite: @Sendable () -> Bool
    private let isForgettingScheduled = Atomic(false)
    /// Whether the server stops, which waits for no sweep.
    private let isStopping = Atomic(false)
    var isEnding: Bool { isStopping.load(ordering: .relaxed) }

    /// Jobs that changed so many microseconds ago are not in summaries yet; see `JobSnapshot.isSettled(at:margin:)`.
    private let settling: Int64

    /// An index that has read nothing yet.
    ///
    /// - Parameters:
    ///   - mayWrite: whether summaries may be written now. May block on the disk.
    ///   - onMore: called when clients that were given a part should ask again.
    package init(
        _ source: IndexSource, settling: Int64 = 3_000_000, mayWrite: @escaping @Sendable () -> Bool,
        onMore: @escaping @Sendable () -> Void = {}
    ) {
        self.source = source
        self.settling = settling
        self.mayWrite = mayWrite
        self.onMore = onMore
        rounds = Rounds(on: source.submit)
    }

    /// How long ago a job has to be changed last to be in a summary, in microseconds.
    var margin: Int64 { source.isShared() ? max(settling, FinishedIndex.sharedMargin) : settling }

    /// The clocks of machines that share a tree differ by less.
    private static let sharedMargin = Int64(600_000_000)

    func freshness(of content: inout Content) -> Freshness {
        content.used = .now
        guard content.phase == .whole else { return .stale }
        let age = content.used.microseconds - content.swept.microseconds
        if !content.isWatched, age > FinishedIndex.blindness {
            drop(&content)
            return .stale
        }
        if !content.isBeingRead, source.isSearchDue(after: content.searched) { content.isSearchDue = true }
        guard content.stale.isEmpty, content.staleDays.isEmpty, !content.isSearchDue else { return .stale }
        return content.isBeingRead ? .beingRead : .current
    }

    // MARK: Events

    /// Notes a day whose directory has appeared.
    func noteDay(_ event: Inotify.Event) {
        content.withLock { content in
            guard content.phase != .nothing else { return }
            if event.isLost || event.isGone { return drop(&content) }
            if !event.name.isEmpty { content.staleDays.insert(event.name) }
        }
    }

    /// Notes a job that has lost its mark, or that came or went in a day.
    func noteJob(_ event: Inotify.Event) {
        content.withLock { content in
            guard content.phase != .nothing else { return }
            if event.isLost { return drop(&content) }
            if let id = JobID(event.name) { content.stale.insert(id) }
        }
    }

    // MARK: Reading changes

    /// Reads changes, or starts to read all jobs.
    func read() throws {
        let (isWhole, work) = content.withLock { content in
            if content.phase == .nothing { startReading(&content) }
            // The thread may still read a job as it was before a change, so changes are handled after its end.
            guard content.phase == .whole else { return (false, Work(of: content)) }
            let work = Work(of: content)
            content.isBeingRead = true
            content.isSearchDue = false
            content.stale = []
            content.staleDays = []
            return (true, work)
        }
        guard isWhole else { return }
        let changes = changes(work)
        content.withLock { $0.take(changes, of: work.reading, in: source.zone) }
    }

    /// The work of a round of reading.
    struct Work {
        let reading: Int
        let ids: Set<JobID>, days: Set<String>
        /// What is known, if changes have to be searched for.
        let known: Known?

        struct Known {
            let marked: Set<JobID>, dayTimes: [String: Int64], times: JobTimes
        }

        init(of content: Content) {
            reading = content.reading
            (ids, days) = (content.stale, content.staleDays)
            known =
                content.isSearchDue
                ? Known(marked: content.marked, dayTimes: content.dayTimes, times: content.times) : nil
        }
    }

    /// The results of a round.
    struct Changes {
        var found: [(id: JobID, reading: Reading)] = []
        var days: [String: TreeObserver.Subscription] = [:]
        var search: (marked: Set<JobID>, dayTimes: [String: Int64])?
    }

    private func changes(_ work: Work) -> Changes {
        var changes = Changes()
        var ids = work.ids
        if let known = work.known { ids.formUnion(search(known, &changes)) }
        for day in work.days {
            // Watch a new day, then read the jobs that came into it before.
            guard let subscription = watch(day) else { continue }
            changes.days[day] = subscription
            // A day that is gone has none.
            let names = (try? source.spool.jobs.directory(day).names()) ?? []
            ids.formUnion(names.compactMap { JobID($0) })
        }
        changes.found = ids.map { ($0, read($0)) }
        return changes
    }

    /// The result of reading a job.
    enum Reading {
        case finished(Job, JobSnapshot)
        /// It is not finished, does not exist, or is unreadable.
        case other
        /// The system was short of resources: try again.
        case unread
    }

    /// Reads a job.
    func read(_ id: JobID) -> Reading {
        do throws(SpoolError) {
            let directory = try source.spool.directory(of: id)
            // The stamp first, so that the next sweep finds a change in between.
            let snapshot = directory.snapshot
            let status = try directory.status()
            guard status.state.isFinal else { return .other }
            return .finished(Job(metadata: try directory.metadata(of: id), status: status), snapshot)
        } catch {
            return error.isShortage ? .unread : .other
        }
    }

    /// Watches a day.
    func watch(_ day: String) -> TreeObserver.Subscription? {
        guard let directory = source.spool.jobs.directoryIfAny(day) else { return nil }
        return source.observer.watch(directory, for: [.arrivals, .departures]) { [weak self] in self?.noteJob($0) }
    }

    // MARK: Changes by hand

    /// Microseconds until a sweep is due; nil if one is planned already, or not all jobs are known. A caller that gets
    /// a delay has to call ``sweep()``.
    func planSweep(_ content: inout Content) -> Int64? {
        guard content.phase == .whole, !content.isSweepPlanned else { return nil }
        content.isSweepPlanned = true
        return max(0, content.swept.microseconds + content.sweepInterval - Timestamp.now.microseconds)
    }

    /// Checks the files of every job, and marks changed ones as stale. Blocks on the disk, without holding up other
    /// queries.
    package func sweep() {
        let began = Timestamp.now
        let jobs = content.withLock { content in
            content.isSweepPlanned = false
            content.swept = began
            return content.jobs
        }
        var changed: Set<JobID> = []
        var entries: [FinishedSegment.Entry] = []
        for segment in jobs.segments {
            entries += segment.entries
            guard entries.count >= FinishedIndex.sweepCount else { continue }
            changed.formUnion(changes(in: entries))
            entries = []
        }
        changed.formUnion(changes(in: entries))
        content.withLock { content in
            content.stale.formUnion(changed)
            content.sweepInterval = max(
                FinishedIndex.shortestInterval, 10 * Timestamp.now.microseconds(since: began))
        }
        if !isEnding { summarize(jobs) }
    }

    /// Jobs that a sweep puts in order of their days, and that it checks at a time.
    private static let sweepCount = 16_384, checkCount = 256

    /// Ends a sweep that is under way, within a moment: the disk may be slow.
    package func stop() { isStopping.store(true, ordering: .relaxed) }

    /// The jobs whose files have another stamp than in the index.
    private func changes(in entries: [FinishedSegment.Entry]) -> [JobID] {
        var changed: [JobID] = []
        for (day, entries) in Dictionary(grouping: entries, by: \.id.dayNumber) {
            guard let directory = source.spool.jobs.directoryIfAny(JobID.day(of: day)) else {
                changed += entries.map(\.id)
                continue
            }
            var rest = entries[...]
            while !rest.isEmpty, !isEnding {
                let part = rest.prefix(FinishedIndex.checkCount)
                rest = rest.dropFirst(part.count)
                let snapshots = source.spool.snapshots(of: part.map(\.id), in: directory, by: 1)
                for (entry, snapshot) in zip(part, snapshots) where entry.stamp != snapshot.stamp {
                    changed.append(entry.id)
                }
            }
        }
        return changed
    }

    /// The texts of all jobs as in a list, once everything that was in the tree before this call is known.
    package func texts() async throws -> [String] {
        while true {
            let jobs = try await current { content in content.phase == .whole ? content.jobs : nil }
            guard let jobs else {
                try await untilWhole()
                continue
            }
            let reader = reader()
            let matches = jobs.segments.indices.flatMap { index in jobs.segments[index].entries.map { ($0, index) } }
            return reader.texts(of: matches, in: jobs).map { String(buffer: $0) }
        }
    }

    /// Drops all jobs: they are read for the next query.
    package func drop() { content.withLock { drop(&$0) } }

    // MARK: Dropping

    /// Drops all jobs after some time without use.
    func scheduleForgetting() {
        guard isForgettingScheduled.exchange(true, ordering: .acquiringAndReleasing) == false else { return }
        MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .seconds(FinishedIndex.lifetime)) { [self] in
            isForgettingScheduled.store(false, ordering: .releasing)
            let isForgotten = content.withLock { content in
                let age = Timestamp.now.microseconds - content.used.microseconds
                guard age >= FinishedIndex.lifetime * 1_000_000, content.phase == .whole else { return false }
                drop(&content)
                return true
            }
            if !isForgotten { scheduleForgetting() }
        }
    }

    /// Drops all jobs and watches.
    func drop(_ content: inout Content) {
        var next = Content()
        // Waiting callers keep waiting, for the next read.
        next.reading = content.reading + 1
        next.waiting = content.waiting
        next.isPartGiven = content.isPartGiven
        next.used = content.used
        content = next
        facts.drop()
        factsWithErrors.drop()
    }
}

extension FinishedIndex.Content {
    /// All finished jobs, including those that are still in `active/`.
    ///
    /// - Parameter ended: the latter, from ``ActiveIndex`` just before.
    func jobs(with ended: [ActiveIndex.Entry], in zone: TimeZoneRules) -> FinishedJobs {
        var jobs = jobs
        var records: [FinishedJobs.Record] = []
        for entry in ended where at(entry.job.id) == nil {
            records.append(jobs.record(of: entry.job, .unknown, in: zone))
        }
        jobs.add(records)
        return jobs
    }

    /// Adds jobs.
    mutating func add(_ records: [FinishedJobs.Record]) {
        change += 1
        times.set(records.map { ($0.entry.id, $0.entry.at) })
        jobs.add(records)
    }

    /// Shows jobs that a read has added.
    mutating func show(_ jobs: FinishedJobs, _ added: [(id: JobID, at: Timestamp)]) {
        change += 1
        self.jobs = jobs
        times.set(added)
    }

    /// Puts in the results of a round, unless the jobs were dropped since it began.
    mutating func take(_ changes: FinishedIndex.Changes, of reading: Int, in zone: TimeZoneRules) {
        guard self.reading == reading else { return }
        isBeingRead = false
        days.merge(changes.days) { $1 }
        if let search = changes.search { (marked, dayTimes, searched) = (search.marked, search.dayTimes, .now) }
        var records: [FinishedJobs.Record] = []
        for (id, found) in changes.found {
            if let at = times.remove(id) { jobs.remove(id, at) }
            switch found {
            case .finished(let job, let snapshot): records.append(jobs.record(of: job, snapshot.stamp, in: zone))
            case .other: break
            case .unread: stale.insert(id)
            }
        }
        add(records)
    }

    /// All jobs are known now.
    mutating func complete() {
        phase = .whole
        swept = .now
        summarized = .now
    }
}

extension FileInformation {
    /// The stamp by which a changed file is recognized.
    var stamp: StatusStamp { StatusStamp(inode: inode, modified: modified, size: Int32(clamping: size)) }
}
