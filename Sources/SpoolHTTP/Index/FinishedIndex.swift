internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The finished jobs, newest end first, with their texts. Read when somebody lists them, and forgotten when nobody has
/// done so for a while.
///
/// The days are watched, so jobs that come and go show at once. That somebody has changed the status of a finished job by
/// hand is found by a look at all of them, at most once a second and only while they are asked for.
final class FinishedIndex: TreeIndex {
    /// What is known of them.
    struct Content {
        fileprivate(set) var segments: [FinishedSegment] = []
        fileprivate var at: [JobID: Timestamp] = [:]
        fileprivate var isWhole = false
        fileprivate var stale: Set<JobID> = []
        fileprivate var staleDays: Set<String> = []
        fileprivate var root: Int32?, active: Int32?
        fileprivate var days: [Int32: String] = [:]
        /// When it was last used, and when all were last looked at.
        /// What was there when the tree was last searched for what no event told: the marks, and the days by their times.
        fileprivate var marked: Set<JobID> = [], dayTimes: [String: Int64] = [:]
        fileprivate var searched = Timestamp(microseconds: 0), isSearchDue = false
        fileprivate var used = Timestamp(microseconds: 0), swept = Timestamp(microseconds: 0)

        /// Whether a job is here.
        func contains(_ id: JobID) -> Bool { at[id] != nil }
    }

    /// How long it is kept without being used.
    static let lifetime = Int64(600)

    let content = Mutex(Content())
    private let spool: Spool
    private let zone: TimeZoneRules
    private let live: Live<APISettings>
    private let inotify: Inotify
    private let isForgettingScheduled = Atomic(false)

    /// - Parameter zone: the time zone of the times that are shown.
    init(spool: Spool, zone: TimeZoneRules, live: Live<APISettings>) throws(SystemError) {
        self.spool = spool
        self.zone = zone
        self.live = live
        inotify = try Inotify()
    }

    func takeEvents(into content: inout Content) -> Bool {
        guard let events = try? inotify.events() else {
            content.isWhole = false
            return false
        }
        for event in events where content.isWhole {
            if event.watch == -1 {
                content.isWhole = false
            } else if event.watch == content.root {
                if event.isGone { content.isWhole = false } else { content.staleDays.insert(event.name) }
            } else if event.watch == content.active || content.days[event.watch] != nil {
                if let id = JobID(event.name) { content.stale.insert(id) }
                if event.isGone { content.days[event.watch] = nil }
            }
        }
        content.used = .now
        let age = Timestamp.now.microseconds - content.searched.microseconds
        content.isSearchDue = live.value.isShared && age > FinishedIndex.remoteLookInterval
        return content.isWhole && content.stale.isEmpty && content.staleDays.isEmpty && !content.isSearchDue
    }

    func read(into content: inout Content) throws {
        if !content.isWhole { return try readAll(into: &content) }
        if content.isSearchDue { search(&content) }
        content.isSearchDue = false
        for day in content.staleDays {
            // A day that has come is watched; what came into it before that is looked at one by one.
            if watch(day, &content) {
                content.stale.formUnion(((try? spool.jobs.directory(day).names()) ?? []).compactMap { JobID($0) })
            }
        }
        for id in content.stale { read(id, into: &content) }
        content.stale = []
        content.staleDays = []
    }

    // MARK: Reading

    private func readAll(into content: inout Content) throws {
        forget(&content)
        content.used = .now
        // Before the days are read: what changes meanwhile is found by the next search.
        if live.value.isShared { search(&content) }
        content.stale = []
        content.root = try? inotify.watch(spool.jobs, for: [.arrivals])
        content.active = try? inotify.watch(spool.active, for: [.departures])
        content.isWhole = content.root != nil && content.active != nil
        var found: [(entry: FinishedSegment.Entry, json: [UInt8])] = []
        for day in try spool.jobs.names() where !day.hasPrefix(".") {
            if !watch(day, &content) { content.isWhole = false }
            guard let directory = try? spool.jobs.directory(day) else { continue }
            for name in (try? directory.names()) ?? [] {
                guard let id = JobID(name), id.day == day, let job = try? directory.directory(name) else { continue }
                if let record = record(of: JobDirectory(job)) { found.append(record) }
            }
        }
        found.sort { $0.entry.precedes($1.entry.at, $1.entry.id) }
        for (entry, json) in found {
            if content.segments.last.map({ $0.entries.count >= FinishedSegment.capacity / 2 }) ?? true {
                content.segments.append(FinishedSegment())
            }
            content.segments[content.segments.count - 1].append(entry, json)
            content.at[entry.id] = entry.at
        }
        content.swept = .now
    }

    private func watch(_ day: String, _ content: inout Content) -> Bool {
        guard let directory = try? spool.jobs.directory(day),
            let watch = try? inotify.watch(directory, for: [.arrivals, .departures])
        else { return false }
        content.days[watch] = day
        return true
    }

    /// A finished job with its text; nil for one that is not finished, or not there.
    private func record(of job: consuming JobDirectory) -> (entry: FinishedSegment.Entry, json: [UInt8])? {
        // Looked at before it is read: a change in between is found by the next look.
        guard let information = try? job.directory.information("status"), let status = try? job.status(),
            status.state.isFinal, let metadata = try? job.metadata()
        else { return nil }
        let json = JSONWriter.record(of: Job(metadata: metadata, status: status), in: zone)
        let entry = FinishedSegment.Entry(
            id: metadata.id, at: status[.at] ?? metadata.created, state: status.state, stamp: information.stamp,
            length: json.count)
        return (entry, json)
    }

    private func read(_ id: JobID, into content: inout Content) {
        if let at = content.at.removeValue(forKey: id) { remove(id, at, from: &content) }
        guard let directory = try? spool.directory(of: id), let (entry, json) = record(of: directory) else { return }
        content.at[id] = entry.at
        let index = place(entry.at, id, in: content)
        if content.segments.isEmpty { content.segments.append(FinishedSegment()) }
        content.segments[index].insert(entry, json)
        guard content.segments[index].entries.count > FinishedSegment.capacity else { return }
        let (first, second) = content.segments[index].halves
        content.segments.replaceSubrange(index...index, with: [first, second])
    }

    private func remove(_ id: JobID, _ at: Timestamp, from content: inout Content) {
        let index = place(at, id, in: content)
        guard index < content.segments.count else { return }
        content.segments[index].remove(id)
        if content.segments[index].entries.isEmpty { content.segments.remove(at: index) }
    }

    /// The segment that a job is in or belongs into: the first one that does not end before it, or else the last one.
    private func place(_ at: Timestamp, _ id: JobID, in content: borrowing Content) -> Int {
        var (low, high) = (0, max(0, content.segments.count - 1))
        while low < high {
            let middle = (low + high) / 2
            if content.segments[middle].entries.last?.precedes(at, id) ?? false {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// Finds what other machines have written: jobs that lost their mark since the last search, and days in which names came
    /// or went.
    private func search(_ content: inout Content) {
        content.searched = .now
        let marked = Set((try? spool.activeIDs()) ?? [])
        content.stale.formUnion(content.marked.subtracting(marked))
        content.marked = marked
        for day in (try? spool.jobs.names()) ?? [] where !day.hasPrefix(".") {
            guard let directory = try? spool.jobs.directory(day),
                let time = try? directory.descriptor.information().modified, content.dayTimes[day] != time
            else { continue }
            content.dayTimes[day] = time
            let names = Set(((try? directory.names()) ?? []).compactMap { JobID($0) })
            content.stale.formUnion(
                names.subtracting(marked).symmetricDifference(content.at.keys.filter { $0.day == day }))
        }
    }

    // MARK: Looking for changes by hand

    /// Whether it is time for a look at all of them; who is told so is the one to call ``sweep()``.
    func isSweepDue(_ content: inout Content) -> Bool {
        let now = Timestamp.now
        guard content.isWhole, now.microseconds - content.swept.microseconds > 1_000_000 else { return false }
        content.swept = now
        return true
    }

    /// Looks at the status of every job, and notes those that were changed. Waits for the disk, without keeping anybody
    /// else waiting.
    func sweep() {
        let segments = content.withLock { $0.segments }
        var changed: Set<JobID> = []
        for entry in segments.lazy.flatMap(\.entries) {
            let information = try? spool.jobs.information("\(entry.id.day)/\(entry.id)/status")
            if information?.stamp != entry.stamp { changed.insert(entry.id) }
        }
        if !changed.isEmpty { content.withLock { $0.stale.formUnion(changed) } }
    }

    /// Sees to it that everything is forgotten when nobody uses it for a while.
    func scheduleForgetting() {
        guard isForgettingScheduled.exchange(true, ordering: .acquiringAndReleasing) == false else { return }
        MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .seconds(FinishedIndex.lifetime)) { [self] in
            isForgettingScheduled.store(false, ordering: .releasing)
            let isForgotten = content.withLock { content in
                let age = Timestamp.now.microseconds - content.used.microseconds
                guard age >= FinishedIndex.lifetime * 1_000_000 else { return false }
                forget(&content)
                return true
            }
            if !isForgotten { scheduleForgetting() }
        }
    }

    private func forget(_ content: inout Content) {
        for watch in Array(content.days.keys) + [content.root, content.active].compactMap({ $0 }) {
            inotify.unwatch(watch)
        }
        content = Content()
        // What was still in the queue is about watches that are gone.
        _ = try? inotify.events()
    }
}

extension FileInformation {
    /// By what the file is known again.
    var stamp: StatusStamp { StatusStamp(inode: inode, modified: modified, size: size) }
}
