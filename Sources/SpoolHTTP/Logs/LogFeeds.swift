internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The logs that clients follow, one ``LogFeed`` each.
final class LogFeeds: Sendable {
    private struct Key: Hashable {
        let id: JobID
        let file: String
    }

    private struct Entry {
        weak var feed: LogFeed?
    }

    private let spool: Spool
    private let observer: TreeObserver
    private let threads: NIOThreadPool
    private let memory: MemoryRelease
    private let entries = Mutex<[Key: Entry]>([:])

    /// - Parameters:
    ///   - threads: threads that may block on the disk.
    ///   - memory: counts the followers that have ended.
    init(of spool: Spool, observer: TreeObserver, threads: NIOThreadPool, memory: MemoryRelease) {
        self.spool = spool
        self.observer = observer
        self.threads = threads
        self.memory = memory
    }

    /// A follower of a log. May block on the disk. Throws if there is no log.
    ///
    /// - Returns: nil if there is nothing to follow: see ``LogFeed/start(of:)``.
    func follower(
        of id: JobID, file name: String, from portion: LogPortion, on channel: any Channel, patience: Int
    ) throws -> LogFollower? {
        let job = try spool.directory(of: id)
        let file = FileBytes(try job.directory.foreignFile(name))
        let place = try file.information()
        let key = Key(id: id, file: name)
        var feed = entries.withLock { $0[key]?.feed }
        if feed?.place.isSameFile(as: place) != true {
            // Of two that are made at the same time the second is found by later clients.
            let made = LogFeed(of: id, in: spool, job: job, file: file, place: place, threads: threads)
            // Watched before the state is read, so that an end in between is a change.
            guard made.watch(by: observer) else { return nil }
            entries.withLock { entries in
                entries = entries.filter { $0.value.feed != nil }
                entries[key] = Entry(feed: made)
            }
            feed = made
        }
        guard let feed, let start = try feed.start(of: portion) else { return nil }
        return LogFollower(of: feed, from: start, on: channel, patience: patience) { [memory] in memory.noteEnd() }
    }
}
