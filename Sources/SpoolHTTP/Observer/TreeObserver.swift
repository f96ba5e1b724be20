package import LinuxSystem
internal import Synchronization

/// The only inotify instance of the HTTP side (inotify(7)). It routes the events of a watch to all subscriptions to that
/// directory or file.
///
/// The kernel queues an event before the system call that causes it returns. So a caller of ``takeEvents()`` has
/// passed on the events of everything that was answered before: a query does that itself, and needs no other thread.
/// The thread of ``run()`` waits for events only while a subscription has a task to wake.
package final class TreeObserver: Sendable {
    /// Notes an event. It is called with the observer's lock held: it may take a lock of its own, must not wait for the
    /// disk, and must not subscribe. It may end subscriptions.
    package typealias Note = @Sendable (Inotify.Event) -> Void
    /// The same for a subscription that wakes a task. Returns whether it is to be woken.
    package typealias WakingNote = @Sendable (Inotify.Event) -> Bool

    private struct Route {
        let note: WakingNote
        let waker: Waker?
        /// The number of clients that a wake-up serves.
        var followers: @Sendable () -> Int = { 1 }
    }

    private struct State {
        var isStopped = false
        var nextKey = 0
        var routes: [Int32: [Int: Route]] = [:]
        /// The number of routes that wake a task.
        var wakingCount = 0
        /// The number of watches that are being set. Meanwhile a watch without a route may get one, and is kept.
        var addingCount = 0
        /// Watches that lost their last route meanwhile.
        var idle: Set<Int32> = []
        var pace = WritePace()
    }

    /// Milliseconds between two notifications without events.
    private static let tick = 1000

    private let isShared: @Sendable () -> Bool
    private let inotify: Inotify
    private let queue: EventQueue
    private let bell: EventFD
    private let state = Mutex(State())
    /// Routes that have ended. They have a lock of their own, so that subscriptions may end anywhere.
    private let ended = Mutex<[(watch: Int32, key: Int)]>([])

    /// An observer without subscriptions. ``run()`` needs a thread of its own.
    ///
    /// - Parameter isShared: whether other machines write as well, which inotify does not report. Then all tasks are
    ///   woken once a second.
    package init(isShared: @escaping @Sendable () -> Bool) throws(SystemError) {
        self.isShared = isShared
        inotify = try Inotify()
        queue = try EventQueue()
        bell = try EventFD()
        try queue.add(bell.descriptor, key: 1)
    }

    /// Whether ``stop()`` was called.
    package var hasStopped: Bool { state.withLock { $0.isStopped } }

    /// The number of watched directories and files.
    package var watchCount: Int {
        state.withLock { state in
            removeEnded(from: &state)
            return state.routes.count
        }
    }

    // MARK: Events

    /// Passes on the pending events, without waiting.
    package func takeEvents() {
        for waker in route(isByThread: false) { waker.wake() }
    }

    /// Passes events on until ``stop()``. Blocks its thread.
    package func run() {
        var isListening = false
        var lastTick = SystemClock.monotonic()
        while true {
            let start = SystemClock.monotonic()
            let (isStopped, isWanted, pause) = state.withLock { state in
                (state.isStopped, state.wakingCount > 0, state.pace.pause(at: start))
            }
            if isStopped { return }
            isListening = listen(isWanted, isListening)
            // Without the descriptor in the queue it looks once in a while.
            let tick = isWanted && (!isListening || isShared()) ? TreeObserver.tick : nil
            let keys = queue.waitPausing(milliseconds: [tick, pause].compactMap { $0 }.min())
            if keys.contains(1) { bell.clear() }
            let now = SystemClock.monotonic()
            if tick != nil, now - lastTick >= Int64(TreeObserver.tick) * 1000 {
                lastTick = now
                for waker in wakers(isLost: true) { waker.wake() }
            }
            for waker in due(at: now) + route(isByThread: true) { waker.wake() }
        }
    }

    /// Makes the thread wait for events or not; returns whether it does.
    private func listen(_ isWanted: Bool, _ isListening: Bool) -> Bool {
        guard isWanted != isListening else { return isListening }
        guard isWanted else {
            queue.remove(inotify.descriptor)
            return false
        }
        do throws(SystemError) {
            try queue.add(inotify.descriptor, key: 0)
            return true
        } catch {
            return false
        }
    }

    /// Ends all streams of changes, because the server stops. Queries still work.
    package func stop() {
        state.withLock { $0.isStopped = true }
        for waker in wakers() { waker.finish() }
        bell.ring()
    }

    /// Calls the notes of the pending events, and returns the tasks to wake.
    private func route(isByThread: Bool) -> [Waker] {
        state.withLock { state in
            removeEnded(from: &state)
            let events = inotify.eventsIfAny() ?? [.lost]
            guard !events.isEmpty else { return [] }
            let now = SystemClock.monotonic()
            let wasDue = state.pace.pause(at: now) != nil
            var woken: [Waker] = []
            for event in events {
                let routes =
                    event.isLost ? state.routes.values.flatMap(\.values) : state.routes[event.watch]?.map(\.value)
                guard let routes else { continue }
                let isLater =
                    event.isWrite
                    && !state.pace.isNow(
                        event.watch, followers: routes.reduce(0) { $0 + $1.followers() }, at: now)
                for route in routes where route.note(event) && !isLater {
                    if let waker = route.waker { woken.append(waker) }
                }
            }
            // The thread waits for the time that the first delayed write has set.
            if !isByThread, !wasDue, state.pace.pause(at: now) != nil { bell.ring() }
            return woken
        }
    }

    /// The tasks to wake for writes that were delayed.
    private func due(at now: Int64) -> [Waker] {
        state.withLock { state in
            state.pace.takeDue(at: now).flatMap { watch in
                (state.routes[watch] ?? [:]).values.compactMap(\.waker)
            }
        }
    }

    /// All that subscriptions wake.
    ///
    /// - Parameter isLost: whether they note first that events may be missing.
    private func wakers(isLost: Bool = false) -> [Waker] {
        state.withLock { state in
            state.routes.values.flatMap { routes in
                routes.values.compactMap { route in
                    if isLost, route.waker != nil { _ = route.note(.lost) }
                    return route.waker
                }
            }
        }
    }

    // MARK: Subscriptions

    /// Notes the events of a directory while the subscription is held. Nil if no watch can be set.
    package func watch(
        _ directory: borrowing Directory, for interest: Inotify.Interest, _ note: @escaping Note
    ) -> Subscription? {
        beginAdding()
        let watch = inotify.watchIfPossible(directory, for: interest)
        return add(
            Route(
                note: { event in
                    note(event)
                    return false
                }, waker: nil), to: watch)
    }

    /// Wakes a task at events of a directory while the subscription is held. Nil if no watch can be set, or if the
    /// observer has stopped, which then finishes the waker.
    package func watch(
        _ directory: borrowing Directory, for interest: Inotify.Interest, waking waker: Waker,
        _ note: @escaping WakingNote
    ) -> Subscription? {
        beginAdding()
        let watch = inotify.watchIfPossible(directory, for: interest)
        return add(Route(note: note, waker: waker), to: watch)
    }

    /// Wakes a task at writes to an open file, like ``watch(_:for:waking:_:)``. With many such subscriptions to a file
    /// writes are gathered (``WritePace``).
    ///
    /// - Parameter followers: the number of clients that are served at each wake-up.
    package func watch(
        _ file: borrowing Descriptor, waking waker: Waker, followers: @escaping @Sendable () -> Int = { 1 },
        _ note: @escaping WakingNote
    ) -> Subscription? {
        beginAdding()
        let watch = inotify.watchIfPossible(file, for: .writes)
        return add(Route(note: note, waker: waker, followers: followers), to: watch)
    }

    private func beginAdding() {
        state.withLock { $0.addingCount += 1 }
    }

    private func add(_ route: Route, to watch: Int32?) -> Subscription? {
        let (key, isFirst) = state.withLock { state -> (Int?, Bool) in
            state.addingCount -= 1
            defer { if state.addingCount == 0 { removeIdle(from: &state) } }
            guard let watch else { return (nil, false) }
            guard !state.isStopped || route.waker == nil else {
                state.idle.insert(watch)
                return (nil, false)
            }
            state.nextKey += 1
            state.routes[watch, default: [:]][state.nextKey] = route
            if route.waker != nil { state.wakingCount += 1 }
            return (state.nextKey, route.waker != nil && state.wakingCount == 1)
        }
        // The thread begins to wait for events.
        if isFirst { bell.ring() }
        guard let watch, let key else {
            if hasStopped { route.waker?.finish() }
            return nil
        }
        return Subscription(observer: self, watch: watch, key: key)
    }

    private func removeEnded(from state: inout State) {
        let routes = ended.withLock { ended in
            defer { ended = [] }
            return ended
        }
        for (watch, key) in routes {
            guard let route = state.routes[watch]?.removeValue(forKey: key) else { continue }
            if route.waker != nil { state.wakingCount -= 1 }
            if state.routes[watch]?.isEmpty == true {
                state.routes[watch] = nil
                state.idle.insert(watch)
            }
        }
        if state.addingCount == 0, !state.idle.isEmpty { removeIdle(from: &state) }
    }

    private func removeIdle(from state: inout State) {
        for watch in state.idle where state.routes[watch] == nil { inotify.unwatch(watch) }
        state.idle = []
    }

    /// Keeps a route, and its watch, for as long as it exists.
    package final class Subscription: Sendable {
        private let observer: TreeObserver
        private let watch: Int32
        private let key: Int

        fileprivate init(observer: TreeObserver, watch: Int32, key: Int) {
            self.observer = observer
            self.watch = watch
            self.key = key
        }

        deinit {
            observer.ended.withLock { $0.append((watch, key)) }
        }
    }
}
