internal import LinuxSystem
internal import SpoolModel
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
        /// Told the names that come; an empty one when events were lost.
        let hear: (@Sendable (String) -> Void)?
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
        while !state.withLock({ $0.isStopped }) {
            let isWaitedFor = live.value.isShared && !state.withLock { $0.listeners.isEmpty }
            guard let keys = try? queue.wait(milliseconds: isWaitedFor ? DirectoryWatcher.tick : nil) else { continue }
            if keys.contains(1) { bell.clear() }
            if keys.isEmpty, isWaitedFor {
                for listener in state.withLock({ $0.listeners.values.flatMap(\.values) }) {
                    listener.continuation.yield()
                }
            }
            for event in (try? inotify.events()) ?? [] {
                let listeners = state.withLock { state in
                    event.watch == -1
                        ? state.listeners.values.flatMap(\.values)
                        : Array((state.listeners[event.watch] ?? [:]).values)
                }
                for listener in listeners {
                    if !event.name.isEmpty || event.watch == -1 { listener.hear?(event.name) }
                    listener.continuation.yield()
                }
            }
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

    /// Changes of a directory from now on: names that come, and writes to files. The first one is there at once, so
    /// that a loop begins with a look; several that come together are one. Where no watch can be had, there is one each
    /// second.
    ///
    /// - Parameter name: what somebody wants to know besides: whether this may be new.
    func changes(of directory: borrowing Directory, noting name: String = "") -> DirectoryChanges {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let news = News()
        let subscription = subscribe(continuation, to: directory, for: [.arrivals, .writes]) { arrival in
            if arrival == name || arrival.isEmpty { news.come() }
        }
        guard let subscription else {
            return state.withLock { $0.isStopped }
                ? DirectoryChanges(stream: stream, subscription: nil, news: nil) : ticks()
        }
        continuation.yield()
        return DirectoryChanges(stream: stream, subscription: subscription, news: news)
    }

    /// Tells somebody who may listen to other directories as well of changes of a directory, for as long as the
    /// subscription is held; nil where no watch can be had. What has stopped ends the stream.
    ///
    /// - Parameter hear: told the names of what changed, before the stream is; an empty one when events were lost.
    func subscribe(
        _ continuation: AsyncStream<Void>.Continuation, to directory: borrowing Directory,
        for interest: Inotify.Interest, _ hear: (@Sendable (String) -> Void)? = nil
    ) -> Subscription? {
        // Once more, since somebody may end the same watch between the two steps.
        while let watch = try? inotify.watch(directory, for: interest) {
            guard let key = add(Listener(continuation: continuation, hear: hear), to: watch) else {
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
    private func ticks() -> DirectoryChanges {
        let isFirst = Atomic(true)
        let stream = AsyncStream {
            if !isFirst.exchange(false, ordering: .relaxed) { try? await Task.sleep(for: .seconds(1)) }
            return self.state.withLock { $0.isStopped } ? nil : ()
        }
        return DirectoryChanges(stream: stream, subscription: nil, news: nil)
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
    let subscription: DirectoryWatcher.Subscription?
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
