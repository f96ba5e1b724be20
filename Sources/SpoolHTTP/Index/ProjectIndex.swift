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
        fileprivate var isCurrent = false
        fileprivate var read = Timestamp(microseconds: 0)
        fileprivate var watches: [Int32] = []

        /// The number of projects, and of all their spiders.
        var counts: (projects: Int, spiders: Int) { (projects.count, spiderCount) }

        /// A project by its name.
        func project(_ name: ProjectName) -> ProjectMetadata? {
            projects.first { $0.name == name }
        }
    }

    let content = Mutex(Content())
    private let spool: Spool
    private let live: Live<APISettings>
    private let inotify: Inotify

    init(spool: Spool, live: Live<APISettings>) throws(SystemError) {
        self.spool = spool
        self.live = live
        inotify = try Inotify()
    }

    func takeEvents(into content: inout Content) -> Bool {
        // A watch that ends sends an event of its own, but it is no longer a known one.
        let isChanged = inotify.eventsIfAny()?.contains { $0.watch == -1 || content.watches.contains($0.watch) }
        let age = Timestamp.now.microseconds - content.read.microseconds
        let isOld = live.value.isShared && age > ProjectIndex.remoteLookInterval
        if isOld || isChanged ?? true { content.isCurrent = false }
        return content.isCurrent
    }

    func read(into content: inout Content) throws {
        content.read = .now
        for watch in content.watches { inotify.unwatch(watch) }
        content.watches = []
        // Watched before they are read, so that changes in between send events.
        content.isCurrent = watch(spool.projects, &content)
        for name in try spool.projects.names() {
            guard ProjectName(name) != nil, let directory = spool.projects.directoryIfAny(name) else { continue }
            if !watch(directory, &content) { content.isCurrent = false }
        }
        content.projects = try spool.allProjects()
        content.spiderCount = content.projects.reduce(0) { $0 + $1.spiders.count }
    }

    private func watch(_ directory: borrowing Directory, _ content: inout Content) -> Bool {
        guard let watch = inotify.watchIfPossible(directory, for: [.arrivals, .departures, .closings]) else {
            return false
        }
        content.watches.append(watch)
        return true
    }
}
