internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The finished jobs, newest end first, with their texts. Read when somebody asks for them, by a thread of its own, from the
/// newest day on, and forgotten when nobody has done so for a while.
///
/// The days are watched, so jobs that come and go show at once. That somebody has changed the status of a finished job by
/// hand is found by a look at all of them, at most once a second and only while they are asked for.
final class FinishedIndex: TreeIndex {
    /// What is known of them.
    struct Content {
        /// How far it is.
        enum Phase { case nothing, reading, whole }

        /// Those that were read so far.
        var jobs = FinishedJobs()
        var phase = Phase.nothing
        /// Which reading this is: an earlier one that is still under way stops.
        var reading = 0
        /// Whether somebody was given a part of them.
        var isPartGiven = false
        /// Who waits for all of them.
        var waiting: [CheckedContinuation<Void, any Error>] = []
        var at: [JobID: Timestamp] = [:]
        var stale: Set<JobID> = []
        var staleDays: Set<String> = []
        var root: Int32?, active: Int32?
        var days: [Int32: String] = [:]
        /// What was there when the tree was last searched for what no event told: the marks, and the days by their times.
        var marked: Set<JobID> = [], dayTimes: [String: Int64] = [:]
        var searched = Timestamp(microseconds: 0), isSearchDue = false
        /// Whether all that has to be watched is.
        var isWatched = true
        /// Whether somebody is about to look at all of them.
        var isSweepPlanned = false
        /// When it was last used, and when all were last looked at.
        fileprivate(set) var used = Timestamp(microseconds: 0), swept = Timestamp(microseconds: 0)

        /// The last change of a job that is here.
        func at(_ id: JobID) -> Timestamp? { at[id] }
    }

    /// How long it is kept without being used.
    static let lifetime = Int64(600)
    /// Microseconds for which it holds where nothing can be watched.
    private static let blindness = Int64(1_000_000)

    let content = Mutex(Content())
    let source: IndexSource
    /// Threads that may wait for the disk.
    let threads: NIOThreadPool
    /// Called when those who were given a part should ask again.
    let onMore: @Sendable () -> Void
    private let isForgettingScheduled = Atomic(false)

    init(_ source: consuming IndexSource, threads: NIOThreadPool, onMore: @escaping @Sendable () -> Void) {
        self.source = source
        self.threads = threads
        self.onMore = onMore
    }

    func takeEvents(into content: inout Content) -> Bool {
        content.used = .now
        guard let events = try? source.inotify.events() else {
            drop(&content)
            return false
        }
        for event in events where content.phase != .nothing {
            if event.watch == -1 || event.watch == content.root && event.isGone {
                drop(&content)
            } else if event.watch == content.root {
                content.staleDays.insert(event.name)
            } else if event.watch == content.active || content.days[event.watch] != nil {
                if let id = JobID(event.name) { content.stale.insert(id) }
                if event.isGone { content.days[event.watch] = nil }
            }
        }
        let age = content.used.microseconds - content.swept.microseconds
        if content.phase == .whole, !content.isWatched, age > FinishedIndex.blindness { drop(&content) }
        content.isSearchDue =
            source.live.value.isShared
            && content.used.microseconds - content.searched.microseconds > FinishedIndex.remoteLookInterval
        return content.phase == .whole && content.stale.isEmpty && content.staleDays.isEmpty && !content.isSearchDue
    }

    /// Takes in what has changed, or begins to read all of them.
    func read(into content: inout Content) throws {
        switch content.phase {
        case .nothing: startReading(&content)
        // What has changed meanwhile may be read after this, as it was before: it is looked at again at the end.
        case .reading: break
        case .whole:
            if content.isSearchDue { search(&content) }
            takeChanges(into: &content)
        }
    }

    /// Reads what has changed.
    func takeChanges(into content: inout Content) {
        for day in content.staleDays {
            // A day that has come is watched; what came into it before that is looked at one by one.
            if watch(day, &content) {
                let names = (try? source.spool.jobs.directory(day).names()) ?? []
                content.stale.formUnion(names.compactMap { JobID($0) })
            }
        }
        var records: [FinishedSegment.Record] = []
        var unread: Set<JobID> = []
        for id in content.stale {
            if let at = content.at.removeValue(forKey: id) { content.jobs.remove(id, at) }
            switch read(id) {
            case .finished(let job, let stamp): records.append(content.jobs.record(of: job, stamp, in: source.zone))
            case .other: break
            case .unread: unread.insert(id)
            }
        }
        content.add(records)
        content.stale = unread
        content.staleDays = []
    }

    /// What became of reading a job.
    enum Reading {
        case finished(Job, StatusStamp)
        /// It is not finished, or not there, or cannot be understood.
        case other
        /// The system had no room for it: it has to be tried again.
        case unread
    }

    /// Reads a job.
    func read(_ id: JobID) -> Reading {
        do throws(SpoolError) {
            let directory = try source.spool.directory(of: id)
            // Looked at before it is read: a change in between is found by the next look.
            guard let information = try? directory.directory.information("status") else { return .other }
            let status = try directory.status()
            guard status.state.isFinal else { return .other }
            return .finished(Job(metadata: try directory.metadata(of: id), status: status), information.stamp)
        } catch {
            return error.isShortage ? .unread : .other
        }
    }

    /// Watches a day.
    func watch(_ day: String, _ content: inout Content) -> Bool {
        guard let directory = try? source.spool.jobs.directory(day),
            let watch = try? source.inotify.watch(directory, for: [.arrivals, .departures])
        else { return false }
        content.days[watch] = day
        return true
    }

    // MARK: Looking for changes by hand

    /// When a look at all of them is due, in microseconds from now; nil where one is under way. Who is told so is the one
    /// to call ``sweep()``.
    func planSweep(_ content: inout Content) -> Int64? {
        guard content.phase == .whole, !content.isSweepPlanned else { return nil }
        content.isSweepPlanned = true
        return max(0, content.swept.microseconds + 1_000_000 - Timestamp.now.microseconds)
    }

    /// Looks at the status of every job, and notes those that were changed. Waits for the disk, without keeping anybody
    /// else waiting.
    func sweep() {
        let jobs = content.withLock { content in
            content.isSweepPlanned = false
            content.swept = .now
            return content.jobs
        }
        var changed: Set<JobID> = []
        for entry in jobs.segments.lazy.flatMap(\.entries) {
            let information = try? source.spool.jobs.information("\(entry.id.day)/\(entry.id)/status")
            if information?.stamp != entry.stamp { changed.insert(entry.id) }
        }
        if !changed.isEmpty { content.withLock { $0.stale.formUnion(changed) } }
    }

    // MARK: Forgetting

    /// Sees to it that everything is forgotten when nobody uses it for a while.
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

    /// Forgets all of them, and that anything was watched.
    func drop(_ content: inout Content) {
        for watch in Array(content.days.keys) + [content.root, content.active].compactMap({ $0 }) {
            source.inotify.unwatch(watch)
        }
        var next = Content()
        // Whoever waits goes on waiting, for another reading.
        next.reading = content.reading + 1
        next.waiting = content.waiting
        next.isPartGiven = content.isPartGiven
        next.used = content.used
        content = next
        // What was still in the queue is about watches that are gone.
        _ = try? source.inotify.events()
    }
}

extension FinishedIndex.Content {
    /// All finished jobs, with those that `active/` still names.
    ///
    /// - Parameter ended: these, as ``ActiveIndex`` knew them just before.
    func jobs(with ended: [ActiveIndex.Entry], in zone: TimeZoneRules) -> FinishedJobs {
        var jobs = jobs
        var records: [FinishedSegment.Record] = []
        for entry in ended where at(entry.job.id) == nil {
            records.append(jobs.record(of: entry.job, entry.stamp ?? .unknown, in: zone))
        }
        jobs.add(records)
        return jobs
    }

    /// Adds jobs.
    mutating func add(_ records: [FinishedSegment.Record]) {
        for record in records { at[record.entry.id] = record.entry.at }
        jobs.add(records)
    }

    /// All of them are here.
    mutating func complete() {
        phase = .whole
        swept = .now
    }
}

extension FileInformation {
    /// By what the file is known again.
    var stamp: StatusStamp { StatusStamp(inode: inode, modified: modified, size: Int32(clamping: size)) }
}
