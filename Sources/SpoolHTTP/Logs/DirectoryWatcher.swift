internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// Tells who waits for a directory that something in it changed. One inotify watch serves all who wait for the same. Where
/// other machines write as well, of which inotify tells nothing, all who wait are told to look once a second.
final class DirectoryWatcher: Sendable {
    private struct State {
        var isStopped = false
        var nextKey = 0
        var listeners: [Int32: [Int: Listener]] = [:]
    }

    /// Somebody who waits for a directory.
    private struct Listener {
        let continuation: AsyncStream<Void>.Continuation
        /// The only name that counts besides the directory itself; nil where all do.
        let name: String?
        /// Told the names that come; an empty one when events were lost, or for the directory itself.
        let hear: (@Sendable (String) -> Void)?

        func isConcerned(by event: Inotify.Event) -> Bool {
            event.watch == -1 || event.name.isEmpty || name == nil || event.name == name
        }

        func note(_ event: Inotify.Event) {
            hear?(event.watch == -1 ? "" : event.name)
        }
    }

    /// Milliseconds between two looks without events.
    private static let tick = 1000

    private let live: Live<APISettings>
    private let inotify: Inotify
    private let queue: EventQueue
    private let bell: Bell
    private let state = Mutex(State())

    /// Begins to watch, on a thread of its own.
    init(_ live: Live<APISettings>) throws(SystemError) {
        self.live = live
        inotify = try Inotify()
        queue = try EventQueue()
        bell = try Bell()
        try queue.add(inotify.descriptor, key: 0)
        try queue.add(bell.descriptor, key: 1)
    }

    /// Passes events on until `stop`. Blocks its thread.
    func run() {
        var pace = WritePace()
        var lastTick = Machine.steadyClock()
        while !state.withLock({ $0.isStopped }) {
            let isWaitedFor = live.value.isShared && !state.withLock { $0.listeners.isEmpty }
            let tick = isWaitedFor ? DirectoryWatcher.tick : nil
            let pause = pace.pause(at: Machine.steadyClock())
            let keys = queue.waitPausing(milliseconds: [tick, pause].compactMap { $0 }.min())
            if keys.contains(1) { bell.clear() }
            let now = Machine.steadyClock()
            if isWaitedFor, now - lastTick >= Int64(DirectoryWatcher.tick) * 1000 {
                lastTick = now
                for listener in listeners(of: -1) { listener.continuation.yield() }
            }
            for watch in pace.takeDue(at: now) {
                for listener in listeners(of: watch) { listener.continuation.yield() }
            }
            for event in (try? inotify.events()) ?? [] {
                let concerned = listeners(of: event.watch).filter { $0.isConcerned(by: event) }
                for listener in concerned { listener.note(event) }
                guard !event.isWrite || pace.isNow(event.watch, followers: concerned.count, at: now) else { continue }
                for listener in concerned { listener.continuation.yield() }
            }
        }
    }

    /// All who wait for a directory; for -1 all there are.
    private func listeners(of watch: Int32) -> [Listener] {
        state.withLock { state in
            watch == -1 ? state.listeners.values.flatMap(\.values) : Array((state.listeners[watch] ?? [:]).values)
        }
    }

    /// Ends all streams of changes: the server stops.
    func stop() {
        let continuations = state.withLock { state in
            state.isStopped = true
            return state.listeners.values.flatMap(\.values).map(\.continuation)
        }
        for continuation in continuations { continuation.finish() }
        bell.ring()
    }

    /// Changes of a job's directory from now on: names that come, writes to files, and that the directory is removed or
    /// moved. The first one is there at once, so that a loop begins with a look; several that come together are one. Where
    /// no watch can be had, there is one each second. When the client leaves, the stream ends.
    ///
    /// - Parameters:
    ///   - directory: the open directory of the job.
    ///   - name: a name in it of which ``DirectoryChanges/takeNews()`` tells whether it may be new; the end of the
    ///     directory counts as well.
    func changes(
        of directory: borrowing JobDirectory, _ id: JobID, in spool: Spool, noting name: String = "",
        until departure: Departure
    ) -> DirectoryChanges {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let news = News()
        let own = subscribe(continuation, to: directory.directory, for: [.arrivals, .writes, .ends]) { arrival in
            if arrival == name || arrival.isEmpty { news.come() }
        }
        // A directory that is removed while it is open, as it is here, has no event of its own.
        var above: Subscription?
        if let day = try? spool.jobs.directory(id.day) {
            above = subscribe(continuation, to: day, for: [.departures, .ends], named: id.description) { _ in
                news.come()
            }
        }
        guard let own, let above else {
            return state.withLock { $0.isStopped }
                ? DirectoryChanges(stream: stream, subscriptions: [], news: nil) : ticks(until: departure)
        }
        continuation.yield()
        // After the first one, so that a client that sends nothing more gets what is there.
        departure.onLeave { continuation.finish() }
        return DirectoryChanges(stream: stream, subscriptions: [own, above], news: news)
    }

    /// Tells somebody who may listen to other directories as well of changes of a directory, for as long as the
    /// subscription is held; nil where no watch can be had. What has stopped ends the stream.
    ///
    /// - Parameters:
    ///   - name: the only name whose changes count; nil for all of them.
    ///   - hear: told the names of what changed, before the stream is; an empty one for the directory itself, and when
    ///     events were lost.
    func subscribe(
        _ continuation: AsyncStream<Void>.Continuation, to directory: borrowing Directory,
        for interest: Inotify.Interest, named name: String? = nil, _ hear: (@Sendable (String) -> Void)? = nil
    ) -> Subscription? {
        // Once more, since somebody may end the same watch between the two steps.
        while let watch = try? inotify.watch(directory, for: interest) {
            guard let key = add(Listener(continuation: continuation, name: name, hear: hear), to: watch) else {
                continuation.finish()
                return nil
            }
            let subscription = Subscription(watcher: self, watch: watch, key: key)
            if (try? inotify.watch(directory, for: interest)) == watch { return subscription }
        }
        return nil
    }

    /// Notes who listens; nil for one who comes too late.
    private func add(_ listener: Listener, to watch: Int32) -> Int? {
        state.withLock { state in
            guard !state.isStopped else { return nil }
            state.nextKey += 1
            state.listeners[watch, default: [:]][state.nextKey] = listener
            // So that the thread begins to look without events.
            if live.value.isShared { bell.ring() }
            return state.nextKey
        }
    }

    /// Looks without events.
    private func ticks(until departure: Departure) -> DirectoryChanges {
        let isFirst = Atomic(true)
        let stream = AsyncStream {
            if !isFirst.exchange(false, ordering: .relaxed) { try? await Task.sleep(for: .seconds(1)) }
            return departure.hasLeft || self.state.withLock { $0.isStopped } ? nil : ()
        }
        return DirectoryChanges(stream: stream, subscriptions: [], news: nil)
    }

    fileprivate func remove(_ watch: Int32, _ key: Int) {
        state.withLock { state in
            state.listeners[watch]?[key] = nil
            guard state.listeners[watch]?.isEmpty == true else { return }
            state.listeners[watch] = nil
            // Under the lock, so that nobody gets the same watch again between the two.
            inotify.unwatch(watch)
        }
    }

    /// Holds a watch for as long as somebody iterates.
    final class Subscription: Sendable {
        private let watcher: DirectoryWatcher
        private let watch: Int32
        private let key: Int

        fileprivate init(watcher: DirectoryWatcher, watch: Int32, key: Int) {
            self.watcher = watcher
            self.watch = watch
            self.key = key
        }

        deinit {
            watcher.remove(watch, key)
        }
    }
}

/// A stream of changes that keeps its watch alive.
struct DirectoryChanges: AsyncSequence, Sendable {
    let stream: AsyncStream<Void>
    let subscriptions: [DirectoryWatcher.Subscription]
    fileprivate let news: News?

    /// Whether what was to be noted may have come since this was asked the last time; true at first.
    func takeNews() -> Bool { news?.take() ?? true }

    func makeAsyncIterator() -> AsyncStream<Void>.Iterator {
        stream.makeAsyncIterator()
    }
}

/// Whether something has come.
private final class News: Sendable {
    private let isThere = Atomic(true)

    func come() {
        isThere.store(true, ordering: .releasing)
    }

    func take() -> Bool {
        isThere.exchange(false, ordering: .acquiringAndReleasing)
    }
}
