internal import LinuxSystem
internal import Synchronization

/// Tells who waits for a directory that something in it changed. One inotify watch serves all who wait for the same.
final class DirectoryWatcher: Sendable {
    private struct State {
        var isStopped = false
        var nextKey = 0
        var listeners: [Int32: [Int: AsyncStream<Void>.Continuation]] = [:]
    }

    private let inotify: Inotify
    private let queue: EventQueue
    private let bell: Bell
    private let state = Mutex(State())

    /// Begins to watch, on a thread of its own.
    init() throws(SystemError) {
        inotify = try Inotify()
        queue = try EventQueue()
        bell = try Bell()
        try queue.add(inotify.descriptor, key: 0)
        try queue.add(bell.descriptor, key: 1)
    }

    /// Passes events on until `stop`. Blocks its thread.
    func run() {
        while !state.withLock({ $0.isStopped }) {
            guard let keys = try? queue.wait() else { continue }
            if keys.contains(1) { bell.clear() }
            for event in (try? inotify.events()) ?? [] {
                let continuations = state.withLock { state in
                    event.watch == -1
                        ? state.listeners.values.flatMap(\.values)
                        : Array((state.listeners[event.watch] ?? [:]).values)
                }
                for continuation in continuations { continuation.yield() }
            }
        }
    }

    /// Ends all streams of changes: the server stops.
    func stop() {
        let continuations = state.withLock { state in
            state.isStopped = true
            return state.listeners.values.flatMap(\.values)
        }
        for continuation in continuations { continuation.finish() }
        bell.ring()
    }

    /// Changes of a directory from now on: names that come, and writes to files. The first one is there at once, so
    /// that a loop begins with a look; several that come together are one. Where no watch can be had, there is one each
    /// second.
    func changes(of directory: borrowing Directory) -> DirectoryChanges {
        guard let watch = try? inotify.watch(directory, for: [.arrivals, .writes]) else { return ticks() }
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let key: Int? = state.withLock { state in
            guard !state.isStopped else { return nil }
            state.nextKey += 1
            state.listeners[watch, default: [:]][state.nextKey] = continuation
            return state.nextKey
        }
        guard let key else {
            continuation.finish()
            return DirectoryChanges(stream: stream, subscription: nil)
        }
        continuation.yield()
        return DirectoryChanges(stream: stream, subscription: Subscription(watcher: self, watch: watch, key: key))
    }

    /// Looks without events.
    private func ticks() -> DirectoryChanges {
        let isFirst = Atomic(true)
        let stream = AsyncStream {
            if !isFirst.exchange(false, ordering: .relaxed) { try? await Task.sleep(for: .seconds(1)) }
            return self.state.withLock { $0.isStopped } ? nil : ()
        }
        return DirectoryChanges(stream: stream, subscription: nil)
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

    func makeAsyncIterator() -> AsyncStream<Void>.Iterator {
        stream.makeAsyncIterator()
    }
}
