internal import LinuxSystem
internal import NIOCore
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The jobs that `active/` names: those that are not finished, and those that have finished this very moment.
///
/// There is a watch on each of them, never one on a job that has finished.
final class ActiveIndex: TreeIndex {
    /// A job, and how `list-jobs.json` shows it.
    struct Entry: Sendable {
        let job: Job
        let json: [UInt8]
        /// By what the status is known again.
        fileprivate let stamp: StatusStamp?

        /// The last change, by which lists are ordered.
        var at: Timestamp { job.status[.at] ?? job.metadata.created }
    }

    /// What is known of them.
    struct Content {
        fileprivate(set) var entries: [JobID: Entry] = [:]
        /// How many are scheduled.
        fileprivate(set) var scheduledCount = 0
        /// Answers that were put together since the last change.
        var lists: [JobSelection: ByteBuffer] = [:]
        fileprivate var isWhole = false
        /// When the tree was last searched for what no event told, and whether it is to be.
        fileprivate var searched = Timestamp(microseconds: 0), isSearchDue = false
        fileprivate var stale: Set<JobID> = []
        fileprivate var root: Int32?
        fileprivate var watches: [Int32: JobID] = [:]
        fileprivate var watchOfJob: [JobID: Int32] = [:]

        /// The jobs that are not finished, in no order.
        var jobs: [Job] { entries.values.map(\.job).filter { !$0.status.state.isFinal } }

        /// Jobs of a selection, the newest change first.
        func entries(of selection: JobSelection) -> [Entry] {
            entries.values.filter { selection.states.contains($0.job.status.state) }
                .sorted { ($1.at, $1.job.id) < ($0.at, $0.job.id) }
        }
    }

    let content = Mutex(Content())
    private let source: IndexSource

    init(_ source: consuming IndexSource) {
        self.source = source
    }

    func takeEvents(into content: inout Content) -> Bool {
        guard let events = try? source.inotify.events() else {
            content.isWhole = false
            return false
        }
        for event in events {
            if event.watch == -1 || event.watch == content.root && event.isGone { content.isWhole = false }
            if event.watch == content.root {
                if let id = JobID(event.name) { content.stale.insert(id) }
            } else if let id = content.watches[event.watch], event.isGone || event.name == "status" {
                content.stale.insert(id)
            }
        }
        let age = Timestamp.now.microseconds - content.searched.microseconds
        content.isSearchDue = source.live.value.isShared && age > ActiveIndex.remoteLookInterval
        return content.isWhole && content.stale.isEmpty && !content.isSearchDue
    }

    func read(into content: inout Content) throws {
        if !content.isWhole {
            for watch in content.watches.keys { source.inotify.unwatch(watch) }
            content = Content()
            content.root = try? source.inotify.watch(source.spool.active, for: [.arrivals, .departures])
            // Without a watch everything is read each time.
            content.isWhole = content.root != nil
            content.stale = Set(try source.spool.activeIDs())
            content.searched = .now
        } else if content.isSearchDue {
            try search(&content)
        }
        content.isSearchDue = false
        for id in content.stale { read(id, into: &content) }
        content.stale = []
        content.lists = [:]
        content.scheduledCount = content.entries.values.count { $0.job.status.state == .scheduled }
    }

    /// Finds what other machines have written.
    private func search(_ content: inout Content) throws {
        content.searched = .now
        let marked = Set(try source.spool.activeIDs())
        content.stale.formUnion(marked.symmetricDifference(content.entries.keys))
        for (id, entry) in content.entries where entry.stamp != stamp(of: id) { content.stale.insert(id) }
    }

    private func stamp(of id: JobID) -> StatusStamp? {
        (try? source.spool.jobs.information("\(id.day)/\(id)/status"))?.stamp
    }

    private func read(_ id: JobID, into content: inout Content) {
        content.entries[id] = nil
        guard source.spool.active.contains(id.description), let directory = try? source.spool.directory(of: id) else {
            if let watch = content.watchOfJob.removeValue(forKey: id) {
                source.inotify.unwatch(watch)
                content.watches[watch] = nil
            }
            return
        }
        if let watch = try? source.inotify.watch(directory.directory, for: [.arrivals, .closings]) {
            content.watches[watch] = id
            content.watchOfJob[id] = watch
        } else {
            content.isWhole = false
        }
        // Before it is read: a change in between is found by the next search.
        let stamp = stamp(of: id)
        guard let metadata = try? directory.metadata(), let status = try? directory.status() else { return }
        let job = Job(metadata: metadata, status: status)
        content.entries[id] = Entry(job: job, json: JSONWriter.record(of: job, in: source.zone), stamp: stamp)
    }
}
