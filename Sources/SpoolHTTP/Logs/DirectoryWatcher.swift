internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// Notifies listeners of changes in a directory. One inotify watch serves all listeners of the same directory. If other
/// machines write as well, which inotify does not report, all listeners are notified once a second.
final class DirectoryWatcher: Sendable {
    private struct State {
        var isStopped = false
        var nextKey = 0
        var listeners: [Int32: [Int: Listener]] = [:]
    }

    /// A listener to a directory.
    private struct Listener {
        let continuation: AsyncStream<Void>.Continuation
        /// The only name that matters besides the directory itself; nil for all names.
        let name: String?
        /// Receives the names that change; an empty one if events were lost, or for the directory itself.
        let hear: (@Sendable (String) -> Void)?

        func isConcerned(by event: Inotify.Event) -> Bool {
            event.watch == -1 || event.name.isEmpty || name == nil || event.name == name
        }

        func note(_ event: Inotify.Event) {
            hear?(event.watch == -1 ? "" : event.name)
        }
    }

    /// Milliseconds between two notifications without events.
    private static let tick = 1000

    private let live: Live<APISettings>
    private let inotify: Inotify
    private let queue: EventQueue
    private let bell: Bell
    private let state = Mutex(State())

    /// Creates the watcher. ``run()`` needs a thread of its own.
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
            for event in inotify.eventsIfAny() ?? [] {
                let concerned = listeners(of: event.watch).filter { $0.isConcerned(by: event) }
                for listener in concerned { listener.note(event) }
                guard !event.isWrite || pace.isNow(event.watch, followers: concerned.count, at: now) else { continue }
                for listener in concerned { listener.continuation.yield() }
            }
        }
    }

    /// The listeners of a directory; all listeners for -1.
    private func listeners(of watch: Int32) -> [Listener] {
        state.withLock { state in
            watch == -1 ? state.listeners.values.flatMap(\.values) : Array((state.listeners[watch] ?? [:]).values)
        }
    }

    /// Ends all streams of changes, because the server stops.
    func stop() {
        let continuations = state.withLock { state in
            state.isStopped = true
            return state.listeners.values.flatMap(\.values).map(\.continuation)
        }
        for continuation in continuations { continuation.finish() }
        bell.ring()
    }

    /// The changes of a job's directory from now on: new names, writes to files, and the directory's removal or move.
    /// The first one comes at once, so that a loop begins with a read; concurrent ones are merged. If no watch can be
    /// set, one comes each second. The stream ends when the client disconnects.
    ///
    /// - Parameters:
    ///   - directory: the open directory of the job.
    ///   - name: a name whose possible changes ``DirectoryChanges/takeNews()`` reports; the end of the directory counts
    ///     as well.
    func changes(
        of directory: borrowing JobDirectory, _ id: JobID, in spool: Spool, noting name: String = "",
        until departure: Departure
    ) -> DirectoryChanges {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let news = News()
        let own = subscribe(continuation, to: directory.directory, for: [.arrivals, .writes, .ends]) { arrival in
            if arrival == name || arrival.isEmpty { news.come() }
        }
        // A directory that is removed while it is open, as here, sends no event of its own.
        var above: Subscription?
        if let day = spool.jobs.directoryIfAny(id.day) {
            above = subscribe(continuation, to: day, for: [.departures, .ends], named: id.description) { _ in
                news.come()
            }
        }
        guard let own, let above else {
            return state.withLock { $0.isStopped }
                ? DirectoryChanges(stream: stream, subscriptions: [], news: nil) : ticks(until: departure)
        }
        continuation.yield()
        // After the first change, so that a client that has closed its sending side gets the existing content.
        departure.onLeave { continuation.finish() }
        return DirectoryChanges(stream: stream, subscriptions: [own, above], news: news)
    }

    /// Notifies a continuation, which may listen to other directories as well, of changes of a directory while the
    /// subscription is held. Nil if no watch can be set. Ends the stream if the watcher has stopped.
    ///
    /// - Parameters:
    ///   - name: the only name whose changes count; nil for all of them.
    ///   - hear: receives the names that change, before the stream is notified; an empty one for the directory itself,
    ///     and if events were lost.
    func subscribe(
        _ continuation: AsyncStream<Void>.Continuation, to directory: borrowing Directory,
        for interest: Inotify.Interest, named name: String? = nil, _ hear: (@Sendable (String) -> Void)? = nil
    ) -> Subscription? {
        // Set the watch once more, since another listener may have removed the same watch between the two steps.
        while let watch = inotify.watchIfPossible(directory, for: interest) {
            guard let key = add(Listener(continuation: continuation, name: name, hear: hear), to: watch) else {
                continuation.finish()
                return nil
            }
            let subscription = Subscription(watcher: self, watch: watch, key: key)
            if inotify.watchIfPossible(directory, for: interest) == watch { return subscription }
        }
        return nil
    }

    /// Adds a listener; nil if the watcher has stopped.
    private func add(_ listener: Listener, to watch: Int32) -> Int? {
        state.withLock { state in
            guard !state.isStopped else { return nil }
            state.nextKey += 1
            state.listeners[watch, default: [:]][state.nextKey] = listener
            // So that the thread begins its notifications without events.
            if live.value.isShared { bell.ring() }
            return state.nextKey
        }
    }

    /// A notification each second, without a watch.
    private func ticks(until departure: Departure) -> DirectoryChanges {
        let isFirst = Atomic(true)
        let stream = AsyncStream {
            if !isFirst.exchange(false, ordering: .relaxed) { await Task.pause(for: .seconds(1)) }
            return departure.hasLeft || self.state.withLock { $0.isStopped } ? nil : ()
        }
        return DirectoryChanges(stream: stream, subscriptions: [], news: nil)
    }

    fileprivate func remove(_ watch: Int32, _ key: Int) {
        state.withLock { state in
            state.listeners[watch]?[key] = nil
            guard state.listeners[watch]?.isEmpty == true else { return }
            state.listeners[watch] = nil
            // Under the lock, so that no new listener gets the same watch between the two steps.
            inotify.unwatch(watch)
        }
    }

    /// Keeps a listener, and its watch, for as long as it exists.
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

/// A stream of changes that keeps its watches alive.
struct DirectoryChanges: AsyncSequence, Sendable {
    let stream: AsyncStream<Void>
    let subscriptions: [DirectoryWatcher.Subscription]
    fileprivate let news: News?

    /// Whether the noted name may have changed since the last call; true at first.
    func takeNews() -> Bool { news?.take() ?? true }

    func makeAsyncIterator() -> AsyncStream<Void>.Iterator {
        stream.makeAsyncIterator()
    }
}

/// A flag that a change has come.
private final class News: Sendable {
    private let isThere = Atomic(true)

    func come() {
        isThere.store(true, ordering: .releasing)
    }

    func take() -> Bool {
        isThere.exchange(false, ordering: .acquiringAndReleasing)
    }
}
