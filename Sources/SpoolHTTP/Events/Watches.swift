internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The watches on the directories whose content the page shows.
final class Watches: Sendable {
    private struct State {
        var jobs: [JobID: DirectoryWatcher.Subscription] = [:]
        /// The day directories of marked and awaited jobs: a directory that is removed while a process has it open
        /// sends no event of its own.
        var days: [String: DirectoryWatcher.Subscription] = [:]
        /// `jobs/`, while a day directory of such a job does not exist.
        var root: DirectoryWatcher.Subscription?
        var awaited: Set<JobID> = []
        /// False if a job's watch could not be set.
        var areJobsWatched = true
    }

    private let watcher: DirectoryWatcher
    private let signal: AsyncStream<Void>.Continuation
    private let places: [DirectoryWatcher.Subscription?]
    private let state = Mutex(State())
    /// Marks that appeared since the last read, of jobs that may have ended by now.
    private let arrivals: Arrivals

    /// Watches the marks and the projects.
    init(of spool: Spool, by watcher: DirectoryWatcher, telling signal: AsyncStream<Void>.Continuation) {
        self.watcher = watcher
        self.signal = signal
        let arrivals = Arrivals()
        self.arrivals = arrivals
        places = [
            watcher.subscribe(signal, to: spool.active, for: [.arrivals, .departures]) { name in
                if let id = JobID(name) { arrivals.add(id) }
            },
            watcher.subscribe(signal, to: spool.projects, for: [.arrivals, .departures, .attributes]),
            // `format` in the root is replaced when the spool is released.
            watcher.subscribe(signal, to: spool.root, for: .arrivals),
        ]
    }

    /// Whether the marks, the projects, the root and all active jobs are watched; otherwise the spool has to be polled.
    var areThere: Bool { places.allSatisfy { $0 != nil } && state.withLock { $0.areJobsWatched } }

    /// Reads the current state, including jobs that came and went since the last read. It watches exactly the active
    /// jobs from now on.
    func look(at spool: Spool) throws(SpoolError) -> SpoolView {
        let known = state.withLock { $0 }
        var next = State()
        let view = try SpoolView(of: spool, and: arrivals.take().union(known.awaited)) { id, directory in
            // Before the status is read, so that a change in between sends an event.
            next.jobs[id] = known.jobs[id] ?? watcher.subscribe(signal, to: directory, for: .arrivals)
            if next.jobs[id] == nil { next.areJobsWatched = false }
        }
        next.awaited = view.awaited
        for day in Set(view.awaited.map(\.day)).union(next.jobs.keys.map(\.day)) {
            if let subscription = known.days[day] ?? watch(day, in: spool) {
                next.days[day] = subscription
            } else {
                next.root = next.root ?? known.root ?? watch(spool.jobs)
            }
        }
        state.withLock { [next] in $0 = next }
        return view
    }

    private func watch(_ day: String, in spool: Spool) -> DirectoryWatcher.Subscription? {
        guard let directory = spool.jobs.directoryIfAny(day) else { return nil }
        return watch(directory)
    }

    /// Watches a directory's arrivals and departures. Earlier ones are found by one more read.
    private func watch(_ directory: borrowing Directory) -> DirectoryWatcher.Subscription? {
        signal.yield()
        return watcher.subscribe(signal, to: directory, for: [.arrivals, .departures])
    }
}

/// Jobs whose marks appeared.
private final class Arrivals: Sendable {
    private let ids = Mutex<Set<JobID>>([])

    func add(_ id: JobID) {
        ids.withLock { _ = $0.insert(id) }
    }

    func take() -> Set<JobID> {
        ids.withLock { ids in
            defer { ids = [] }
            return ids
        }
    }
}
