internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// A log that grows, for all clients that follow it: one open file, one set of watches, and one read for all that wait for
/// the same bytes. It exists as long as it has a ``LogFollower``.
final class LogFeed: Sendable {
    /// Up to where a follower has got the log.
    struct Position: Equatable {
        var offset = 0
        /// The last bytes before it, by which a truncated log is detected.
        var last: [UInt8] = []
    }

    /// The outcome of a read after a position.
    enum Reading {
        /// Bytes, and the position after them.
        case bytes(ByteBuffer, Position)
        /// There are none.
        case none
        /// The log was truncated, for example by a spider that opened /dev/stdout for writing. Like `tail -F`, a follower
        /// treats the whole content as new then. The length alone does not show it: the log may have grown again by now.
        case truncated
    }

    /// The properties that the followers of a ``Group`` have in common.
    private struct GroupKey: Hashable {
        let eventLoop: ObjectIdentifier
        let patience: Int

        init(of follower: LogFollower) {
            eventLoop = ObjectIdentifier(follower.channel.eventLoop)
            patience = follower.patience
        }
    }

    /// Followers on one event loop. One timer serves all of them: one for each would cost a tenth of their memory.
    private struct Group {
        let eventLoop: any EventLoop
        var followers: [LogFollower] = []
        /// Looks for those that read nothing. There is one as long as there are followers.
        var timer: RepeatedTask?
    }

    private struct State {
        var groups: [GroupKey: Group] = [:]
        /// The number of wake-ups so far. What has been written since a read is followed by another one.
        var wakeCount = 0
        var latest: (start: Position, wakeCount: Int, reading: Reading)?
        var subscriptions: [TreeObserver.Subscription] = []
    }

    /// The most bytes of a read. A client that does not read keeps as many in memory, together with others at the same
    /// position.
    private static let chunk = 32 << 10
    /// The number of last bytes in a position.
    private static let memory = 256

    /// Threads that may block on the disk.
    let threads: NIOThreadPool
    /// The place of the file's content, by which a log that has taken its place is told from it.
    let place: FileInformation
    private let file: FileBytes
    private let spool: Spool
    private let id: JobID
    private let job: JobDirectory
    private let news = News()
    private let state = Mutex(State())
    private let followerCount = Atomic(0)
    private let isOver = Atomic(false)

    /// Whether no more bytes follow those that are in the file by now.
    var hasEnded: Bool { isOver.load(ordering: .acquiring) }

    /// A feed that is not woken yet: see ``watch(by:)``.
    init(
        of id: JobID, in spool: Spool, job: consuming JobDirectory, file: FileBytes, place: FileInformation,
        threads: NIOThreadPool
    ) {
        self.id = id
        self.spool = spool
        self.job = job
        self.file = file
        self.place = place
        self.threads = threads
    }

    /// Begins to wake the followers at changes. Returns false if the changes cannot be watched. May block on the disk.
    func watch(by observer: TreeObserver) -> Bool {
        let waker = Waker { [weak self] in
            self?.wake()
        } finish: { [weak self] in
            self?.end()
        }
        let subscriptions = observer.watch(
            job, id, in: spool, noting: "status", log: file, waking: waker,
            followers: { [weak self] in self?.followerCount.load(ordering: .relaxed) ?? 0 }, for: news)
        guard let subscriptions else { return false }
        state.withLock { $0.subscriptions = subscriptions }
        return true
    }

    /// Where a client begins. May block on the disk.
    ///
    /// - Returns: nil if the job has ended, or if the portion has an end: then there is nothing to follow.
    func start(of portion: LogPortion) throws -> Position? {
        if case .part = portion { return nil }
        guard !hasEnded, try !job.status().state.isFinal else { return nil }
        let offset = portion.start(in: Int(try file.information().size))
        let count = min(LogFeed.memory, offset)
        guard count > 0 else { return Position(offset: offset) }
        guard let bytes = try file.read(after: [], at: offset - count, limit: count) else { return nil }
        // It may have become shorter meanwhile.
        return Position(offset: offset - count + bytes.readableBytes, last: Array(bytes.readableBytesView))
    }

    // MARK: Followers

    /// Adds a follower, which is woken at changes on its event loop.
    func add(_ follower: LogFollower) {
        let eventLoop = follower.channel.eventLoop
        let key = GroupKey(of: follower)
        state.withLock { state in
            state.groups[key, default: Group(eventLoop: eventLoop)].followers.append(follower)
            guard state.groups[key]?.timer == nil else { return }
            let interval = StallWatch.interval(of: follower.patience)
            state.groups[key]?.timer =
                eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [weak self] _ in
                    self?.lookForStalls(in: key)
                }
        }
        followerCount.add(1, ordering: .relaxed)
    }

    private func lookForStalls(in key: GroupKey) {
        for follower in state.withLock({ $0.groups[key]?.followers ?? [] }) { follower.seeWhetherItReads() }
    }

    /// Removes a follower, if it is there.
    func remove(_ follower: LogFollower) {
        let key = GroupKey(of: follower)
        let isRemoved = state.withLock { state in
            guard var followers = state.groups[key]?.followers,
                let index = followers.firstIndex(where: { $0 === follower })
            else { return false }
            // Of many that leave at once none copies the others.
            state.groups[key]?.followers = []
            followers.swapAt(index, followers.count - 1)
            followers.removeLast()
            state.groups[key]?.followers = followers
            if followers.isEmpty {
                state.groups[key]?.timer?.cancel()
                state.groups[key] = nil
            }
            return true
        }
        if isRemoved { followerCount.subtract(1, ordering: .relaxed) }
    }

    /// Has the followers look for new bytes.
    private func wake() {
        state.withLock { $0.wakeCount += 1 }
        guard news.take() else { return tell() }
        threads.submit { [self] state in
            // The server stops: it ends the feed itself.
            guard state == .active else { return }
            if isAtItsEnd() { isOver.store(true, ordering: .releasing) }
            tell()
        }
    }

    private func end() {
        isOver.store(true, ordering: .releasing)
        tell()
    }

    private func tell() {
        for group in state.withLock({ Array($0.groups.values) }) where !group.followers.isEmpty {
            group.eventLoop.execute {
                for follower in group.followers { follower.pull() }
            }
        }
    }

    /// Whether no more bytes follow: the job has ended, or its directory was removed or moved.
    private func isAtItsEnd() -> Bool {
        do throws(SpoolError) {
            guard try spool.hasDirectory(job, of: id) else { return true }
            return try job.status().state.isFinal
        } catch {
            // An administrator may be repairing or removing it. The outcome is another change. After other errors the
            // end would go unnoticed.
            return error.code != .missing && error.code != .unreadable
        }
    }

    // MARK: Bytes

    /// Reads the bytes after a position, if that needs no waiting for the disk; nil otherwise.
    func readCached(after position: Position) throws -> Reading? {
        let (wakeCount, known) = state.withLock { state -> (Int, Reading?) in
            guard let latest = state.latest, latest.start == position else { return (state.wakeCount, nil) }
            if case .none = latest.reading, latest.wakeCount != state.wakeCount { return (state.wakeCount, nil) }
            return (state.wakeCount, latest.reading)
        }
        if let known { return known }
        let bytes = try file.readCached(after: position.last, at: position.offset, limit: LogFeed.chunk)
        guard let bytes else { return nil }
        return note(bytes, after: position, wakeCount)
    }

    /// The same, also from the disk.
    func read(after position: Position) throws -> Reading {
        let wakeCount = state.withLock { $0.wakeCount }
        return note(
            try file.read(after: position.last, at: position.offset, limit: LogFeed.chunk), after: position, wakeCount)
    }

    /// Keeps a reading for the followers at the same position.
    private func note(_ bytes: ByteBuffer?, after start: Position, _ wakeCount: Int) -> Reading {
        let reading: Reading
        if let bytes, bytes.readableBytes == 0 {
            reading = .none
        } else if let bytes {
            let count = min(LogFeed.memory, bytes.readableBytes)
            let end = bytes.getBytes(at: bytes.writerIndex - count, length: count) ?? []
            let last = count == LogFeed.memory ? end : Array((start.last + end).suffix(LogFeed.memory))
            reading = .bytes(bytes, Position(offset: start.offset + bytes.readableBytes, last: last))
        } else {
            reading = .truncated
        }
        state.withLock { $0.latest = (start, wakeCount, reading) }
        return reading
    }
}
