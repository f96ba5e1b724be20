internal import LinuxSystem
internal import NIOCore
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The jobs in `active/`: those that are not finished, and those that have just finished.
///
/// It has a watch on each of them and on no other job, and one on each of their days: the mark of a job is made before
/// the job, and a directory that is removed while a process has it open sends no event of its own (inotify(7)).
final class ActiveIndex: TreeIndex {
    /// A job, and its record in `list-jobs.json`.
    struct Entry: Sendable {
        let job: Job
        let json: [UInt8]
        /// The stamp of the status; nil if it could not be read.
        let stamp: StatusStamp?

        /// The last change, by which lists are ordered.
        var at: Timestamp { job.status[.at] ?? job.metadata.created }
    }

    /// A watched directory.
    fileprivate enum Place {
        /// `active/`.
        case marks
        /// `jobs/`, with a directory for each day.
        case days
        case day(String)
        case job(JobID)
    }

    /// The known jobs.
    struct Content {
        fileprivate(set) var entries: [JobID: Entry] = [:]
        /// The number of scheduled jobs.
        fileprivate(set) var scheduledCount = 0
        /// The statuses of running jobs, and of ended ones that are still marked: ``JobCounters`` may not have counted
        /// them.
        fileprivate(set) var uncounted: [(id: JobID, status: JobStatus)] = []
        /// Answers that were assembled since the last change.
        var lists: [JobSelection: ByteBuffer] = [:]
        fileprivate var isWhole = false
        /// The time of the last search for changes without events, and whether one is due.
        fileprivate var searched = Timestamp(microseconds: 0), isSearchDue = false
        fileprivate var stale: Set<JobID> = []
        fileprivate var staleDays: Set<String> = []
        /// Marks whose job is not there yet, no longer there, or unreadable. An event reports when that changes.
        fileprivate var awaited: Set<JobID> = []
        fileprivate var places: [Int32: Place] = [:]
        fileprivate var watchOfJob: [JobID: Int32] = [:]
        fileprivate var watchOfDay: [String: Int32] = [:]

        /// The jobs that are not finished, in no order.
        var jobs: [Job] { entries.values.map(\.job).filter { !$0.status.state.isFinal } }

        /// Jobs of a selection, the newest change first.
        func entries(of selection: JobSelection) -> [Entry] {
            entries.values.filter { selection.states.contains($0.job.status.state) }
                .sorted { ($1.at, $1.job.id) < ($0.at, $0.job.id) }
        }

        /// The jobs that have ended and are still marked, in no order.
        var ended: [Entry] { uncounted.compactMap { $0.status.state.isFinal ? entries[$0.id] : nil } }
    }

    let content = Mutex(Content())
    private let source: IndexSource

    init(_ source: consuming IndexSource) {
        self.source = source
    }

    func takeEvents(into content: inout Content) -> Bool {
        guard let events = source.inotify.eventsIfAny() else {
            content.isWhole = false
            return false
        }
        for event in events { take(event, into: &content) }
        let age = Timestamp.now.microseconds - content.searched.microseconds
        content.isSearchDue = source.live.value.isShared && age > ActiveIndex.remoteLookInterval
        return content.isWhole && content.stale.isEmpty && content.staleDays.isEmpty && !content.isSearchDue
    }

    private func take(_ event: Inotify.Event, into content: inout Content) {
        switch content.places[event.watch] {
        case .marks:
            if event.isGone { content.isWhole = false }
            if let id = JobID(event.name) { content.stale.insert(id) }
        case .days:
            if event.isGone { content.isWhole = false }
            if !event.name.isEmpty { content.staleDays.insert(event.name) }
        case .day(let day):
            if event.isGone { content.staleDays.insert(day) }
            // Jobs without a mark come and go as well.
            if let id = JobID(event.name), content.entries[id] != nil || content.awaited.contains(id) {
                content.stale.insert(id)
            }
        case .job(let id):
            if event.isGone || event.name == "status" || event.name == "metadata.json" { content.stale.insert(id) }
        case nil:
            // Events were lost, or it is of a removed watch.
            if event.watch == -1 { content.isWhole = false }
        }
    }

    func read(into content: inout Content) throws {
        if !content.isWhole {
            try begin(&content)
        } else if content.isSearchDue {
            try search(&content)
        }
        content.isSearchDue = false
        for day in content.staleDays {
            if let watch = content.watchOfDay.removeValue(forKey: day) { unwatch(watch, &content) }
            content.stale.formUnion(content.entries.keys.filter { $0.day == day })
            content.stale.formUnion(content.awaited.filter { $0.day == day })
        }
        content.staleDays = []
        var unread: Set<JobID> = []
        for id in content.stale where !read(id, into: &content) { unread.insert(id) }
        content.stale = unread
        content.lists = [:]
        content.scheduledCount = content.entries.values.count { $0.job.status.state == .scheduled }
        content.uncounted = content.entries.compactMap { id, entry in
            let status = entry.job.status
            return status.state == .running || status.state.isFinal ? (id, status) : nil
        }
    }

    /// Starts again: everything is watched before it is read.
    private func begin(_ content: inout Content) throws {
        for watch in content.places.keys { source.inotify.unwatch(watch) }
        content = Content()
        let marks = watch(source.spool.active, as: .marks, for: [.arrivals, .departures], &content)
        let days = watch(source.spool.jobs, as: .days, for: [.arrivals, .departures], &content)
        content.stale = Set(try source.spool.activeIDs())
        content.searched = .now
        // Without the watches everything is read each time.
        content.isWhole = marks != nil && days != nil
    }

    /// Finds the writes of other machines.
    private func search(_ content: inout Content) throws {
        content.searched = .now
        let marked = Set(try source.spool.activeIDs())
        content.stale.formUnion(marked.symmetricDifference(content.entries.keys))
        for (id, entry) in content.entries where entry.stamp != stamp(of: id) { content.stale.insert(id) }
    }

    private func stamp(of id: JobID) -> StatusStamp? {
        source.spool.jobs.informationIfAny("\(id.day)/\(id)/status")?.stamp
    }

    /// Reads a job, or finds that it does not exist or is not marked.
    ///
    /// - Returns: false if that has to be repeated, because the system was short of resources.
    private func read(_ id: JobID, into content: inout Content) -> Bool {
        content.entries[id] = nil
        content.awaited.remove(id)
        guard source.spool.active.contains(id.description) else {
            if let watch = content.watchOfJob.removeValue(forKey: id) { unwatch(watch, &content) }
            return true
        }
        content.awaited.insert(id)
        // Watch the day before looking up the job, and the job before reading it, so that changes in between send
        // events.
        watchDay(of: id, &content)
        do throws(SpoolError) {
            let directory = try source.spool.directory(of: id)
            watch(directory.directory, of: id, &content)
            // Before the status is read, so that the next search finds a change in between.
            let stamp = stamp(of: id)
            let job = Job(metadata: try directory.metadata(of: id), status: try directory.status())
            content.entries[id] = Entry(job: job, json: JSONWriter.record(of: job, in: source.zone), stamp: stamp)
            content.awaited.remove(id)
        } catch {
            if error.code == .missing, let watch = content.watchOfJob[id], !isThere(id) {
                content.watchOfJob[id] = nil
                unwatch(watch, &content)
            }
            return !error.isShortage
        }
        return true
    }

    private func isThere(_ id: JobID) -> Bool { source.spool.jobs.contains("\(id.day)/\(id)") }

    // MARK: Watches

    private func watchDay(of id: JobID, _ content: inout Content) {
        let day = id.day
        guard content.watchOfDay[day] == nil, let directory = source.spool.jobs.directoryIfAny(day) else { return }
        let watch = watch(directory, as: .day(day), for: [.arrivals, .departures], &content)
        content.watchOfDay[day] = watch
        if watch == nil { content.isWhole = false }
    }

    private func watch(_ directory: borrowing Directory, of id: JobID, _ content: inout Content) {
        let watch = watch(directory, as: .job(id), for: [.arrivals, .closings], &content)
        // The name belongs to another directory now.
        if let earlier = content.watchOfJob[id], earlier != watch { unwatch(earlier, &content) }
        content.watchOfJob[id] = watch
        if watch == nil { content.isWhole = false }
    }

    private func watch(
        _ directory: borrowing Directory, as place: Place, for interest: Inotify.Interest, _ content: inout Content
    ) -> Int32? {
        guard let watch = source.inotify.watchIfPossible(directory, for: interest) else { return nil }
        content.places[watch] = place
        return watch
    }

    private func unwatch(_ watch: Int32, _ content: inout Content) {
        source.inotify.unwatch(watch)
        content.places[watch] = nil
    }
}

extension SpoolError {
    /// Whether a retry may succeed: the system is short of descriptors or memory, or a file was replaced on another
    /// machine while it was opened.
    var isShortage: Bool { cause?.isShortage ?? false }
}
