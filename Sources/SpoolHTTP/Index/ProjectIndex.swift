internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The projects, in the order of their first push.
final class ProjectIndex: TreeIndex {
    /// The known projects.
    struct Content {
        fileprivate(set) var projects: [ProjectMetadata] = []
        /// The number of all their spiders.
        fileprivate(set) var spiderCount = 0
        /// Whether all projects are watched; otherwise they are read for each query.
        fileprivate(set) var isWatched = false
        fileprivate var isStale = true
        fileprivate var isBeingRead = false
        fileprivate var read = Timestamp(microseconds: 0)
        /// Yields when something has become stale; nil if there is no feed of events.
        fileprivate var signal: AsyncStream<Void>.Continuation?

        /// The number of projects, and of all their spiders.
        var counts: (projects: Int, spiders: Int) { (projects.count, spiderCount) }

        /// A project by its name.
        func project(_ name: ProjectName) -> ProjectMetadata? {
            projects.first { $0.name == name }
        }
    }

    let content = Mutex(Content())
    let source: IndexSource
    let rounds: Rounds
    private let watches = Mutex<[TreeObserver.Subscription]>([])

    init(_ source: IndexSource) {
        self.source = source
        rounds = Rounds(on: source.submit)
    }

    /// Drops all projects: they are read for the next query.
    func drop() {
        content.withLock { $0.isStale = true }
    }

    /// Signals from now on when something has become stale; no longer for nil.
    func signal(_ continuation: AsyncStream<Void>.Continuation?) {
        content.withLock { $0.signal = continuation }
    }

    func freshness(of content: inout Content) -> Freshness {
        if !content.isBeingRead, source.isSearchDue(after: content.read) { content.isStale = true }
        if content.isStale { return .stale }
        if content.isBeingRead { return .beingRead }
        return content.isWatched ? .current : .stale
    }

    func read() throws {
        content.withLock { content in
            content.isBeingRead = true
            content.isStale = false
            content.read = .now
        }
        do {
            // Watched before they are read, so that changes in between send events.
            let isWatched = try watchAll()
            let projects = try source.spool.allProjects()
            content.withLock { content in
                content.isBeingRead = false
                content.isWatched = isWatched
                content.projects = projects
                content.spiderCount = projects.reduce(0) { $0 + $1.spiders.count }
            }
        } catch {
            content.withLock { content in
                content.isBeingRead = false
                content.isStale = true
            }
            throw error
        }
    }

    /// Watches the directory of the projects and each of them; returns whether that was possible.
    private func watchAll() throws -> Bool {
        let spool = source.spool
        var all = [watch(spool.projects)]
        for name in try spool.projects.names() {
            guard ProjectName(name) != nil, let directory = spool.projects.directoryIfAny(name) else { continue }
            all.append(watch(directory))
        }
        let watches = all.compactMap { $0 }
        self.watches.withLock { $0 = watches }
        return watches.count == all.count
    }

    private func watch(_ directory: borrowing Directory) -> TreeObserver.Subscription? {
        source.observer.watch(directory, for: [.arrivals, .departures, .closings]) { [weak self] event in
            // The lock of the projects is opened for each change, which sends an event of its own.
            guard event.name != ".lock" else { return }
            self?.content.withLock { content in
                content.isStale = true
                content.signal?.yield()
            }
        }
    }
}
