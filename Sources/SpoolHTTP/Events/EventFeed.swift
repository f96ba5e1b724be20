internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import SpoolModel
internal import SpoolStore
internal import Synchronization
internal import TimeZones

/// Sends the changes of the spool to all SSE clients. One watcher serves them all; it stops some time after the last
/// one has disconnected.
final class EventFeed: Sendable {
    /// Changes within this time are read together. A write to each of many pages costs much more than its bytes, so they
    /// get fewer and longer ones; the first change after a pause is sent at once all the same.
    private static func gathering(for pages: Int) -> Duration { .milliseconds(pages > WritePace.few ? 250 : 100) }
    /// The interval of comments that keep connections alive, and of reads without an event.
    private static let heartbeat = Duration.seconds(15)
    /// The interval of reads when there are no inotify watches, because their instances are used up.
    private static let blindness = Duration.seconds(1)
    /// How long it keeps watching without clients: a page that is reloaded reconnects.
    private static let lingering = Duration.seconds(60)

    /// The additional work of the next look.
    private final class Needs: Sendable {
        /// Whether the spool may have been released.
        let isHoldDue = Atomic(false)
        /// Whether changes send no events, because there are no watches.
        let isBlind = Atomic(false)
    }

    private struct State {
        var isStopped = false
        /// Whether there is a view to compare with, and events are kept.
        var isLooking = false
        var ring = EventRing(name: "0")
        var nextKey = 0
        var listeners: [Int: EventListener] = [:]
        var waiting: [CheckedContinuation<Void, Never>] = []
        var lastUse = ContinuousClock.now
    }

    private let spool: Spool
    private let live: Locked<APISettings>
    private let tree: TreeView
    private let gauge: DiskSpaceCache
    private let threads: NIOThreadPool
    private let state = Mutex(State())
    /// Signals that a client wants to listen.
    private let wishes = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// A feed that is idle until ``run()``.
    init(of tree: TreeView, live: Locked<APISettings>, gauge: DiskSpaceCache, threads: NIOThreadPool) {
        spool = tree.source.spool
        self.tree = tree
        self.live = live
        self.gauge = gauge
        self.threads = threads
    }

    /// Watches whenever a client listens, until `stop`.
    func run() async {
        for await _ in wishes.stream {
            // A failure to read the spool ends the streams; clients that reconnect try again.
            try? await look()
            close()
        }
    }

    /// Ends all streams, because the server stops.
    func stop() {
        state.withLock { $0.isStopped = true }
        wishes.continuation.finish()
        close()
    }

    /// The id of the last event. A client that gets it before reading the spool misses no later change.
    func cursor() async -> String {
        await open()
        return state.withLock { $0.ring.id }
    }

    /// The events from now on, preceded by those after the event of an id.
    func events(after id: String?, until departure: Departure) async -> EventStream {
        await open()
        return EventStream(of: self, after: id, until: departure)
    }

    /// Waits until there is a view to compare with.
    private func open() async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                state.lastUse = .now
                if state.isLooking || state.isStopped { return true }
                state.waiting.append(continuation)
                return false
            }
            if isReady { continuation.resume() } else { wishes.continuation.yield() }
        }
    }

    /// Ends all streams; callers that wait for a view continue without one.
    private func close() {
        let (listeners, waiting) = state.withLock { state in
            defer {
                state.isLooking = false
                state.listeners = [:]
                state.waiting = []
            }
            return (state.listeners.values.map { $0 }, state.waiting)
        }
        for listener in listeners { listener.end() }
        for continuation in waiting { continuation.resume() }
    }

    /// Adds a client, and sends it the events after the one with an id. Returns the key to remove it; nil if there are
    /// no events, because the server stops or the spool cannot be read.
    func add(_ listener: EventListener, after id: String?) -> Int? {
        state.withLock { state in
            guard state.isLooking else { return nil }
            state.nextKey += 1
            state.listeners[state.nextKey] = listener
            let missed = id.map { state.ring.events(after: $0) ?? [state.ring.reload] } ?? []
            // Under the lock, so that no later event is sent before these.
            [listener].send([ByteBuffer(string: "retry: 1000\n\n")] + missed)
            return state.nextKey
        }
    }

    /// Removes a client.
    func remove(_ key: Int) {
        state.withLock { state in
            state.listeners[key] = nil
            state.lastUse = .now
        }
    }

    /// Sends the difference of two versions of the tree at each change, for as long as clients listen.
    private func look() async throws {
        let signals = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let needs = Needs()
        tree.signal(signals.continuation)
        defer { tree.endSignals() }
        // `format` in the root is replaced when the spool is released. Besides, with this subscription the observer waits
        // for the events of the others.
        let root = tree.source.observer.watch(spool.root, for: .arrivals, waking: Waker(signals.continuation)) { _ in
            needs.isHoldDue.store(true, ordering: .releasing)
            return true
        }
        var version = try await tree.version()
        // Before any client reads the spool after the cursor, so that a later release is a change.
        var hold = try await threads.runIfActive { [gauge] in gauge.lookAtHold() }
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            state.ring = EventRing(name: String(Timestamp.now.microseconds, radix: 36))
            state.isLooking = !state.isStopped
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
        needs.isBlind.store(root == nil || !version.isWatched, ordering: .relaxed)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    let isBlind = needs.isBlind.load(ordering: .relaxed)
                    try await Task.sleep(for: isBlind ? EventFeed.blindness : EventFeed.heartbeat)
                    signals.continuation.yield()
                }
            }
            defer { group.cancelAll() }
            var lastBeat = ContinuousClock.now
            var room: DiskSpace?
            for await _ in signals.stream {
                let start = ContinuousClock.now
                let earlier = version
                version = try await tree.version()
                needs.isBlind.store(root == nil || !version.isWatched, ordering: .relaxed)
                try await tell(version, since: earlier)
                let isBeat = .now - lastBeat >= EventFeed.heartbeat - .seconds(1)
                if needs.isHoldDue.exchange(false, ordering: .acquiringAndReleasing) || isBeat || root == nil {
                    let held = try await threads.runIfActive { [gauge] in gauge.lookAtHold() }
                    if let held, held != hold {
                        hold = held
                        reload()
                    }
                }
                if isBeat {
                    lastBeat = .now
                    send(ByteBuffer(string: ":\n\n"))
                    room = try await tellRoom(since: room)
                    if isForgotten { return }
                }
                // A slow read is not repeated at once.
                let gathering = EventFeed.gathering(for: state.withLock { $0.listeners.count })
                try await Task.sleep(for: max(gathering, (.now - start) * 5))
            }
        }
    }

    private var isForgotten: Bool {
        state.withLock { $0.listeners.isEmpty && .now - $0.lastUse > EventFeed.lingering }
    }

    private func tell(_ version: TreeVersion, since earlier: TreeVersion) async throws {
        let changes = version.changes(since: earlier)
        let zone = live.value.timeZones.local
        let gone = changes.jobs.filter { version.active.entries[$0] == nil }
        var others: [JobID: Job] = [:]
        if !gone.isEmpty || !changes.passing.isEmpty {
            others = try await threads.runIfActive { [spool] in
                Dictionary(
                    uniqueKeysWithValues: (gone + changes.passing).compactMap { id in
                        // It was purged, or removed by hand.
                        spool.jobIfAny(id).map { (id, $0) }
                    })
            }
        }
        var events: [(type: String, data: JSON)] = []
        for id in changes.jobs + changes.passing {
            if let job = version.active.entries[id]?.job ?? others[id] {
                events.append(("job", JSON.job(job, in: zone, withPayload: false)))
            } else if earlier.active.entries[id] != nil {
                let status = [JSON.Member("identifier", .string(id.description)), JSON.Member("status", .null)]
                events.append(("job", .object(status)))
            }
        }
        if changes.hasOtherProjects { events.append(("projects", .object([]))) }
        send(events)
    }

    /// Makes all clients reload their data.
    func reload() { send("reload", .object([])) }

    /// Sends the free disk space if its state changed, or the amount by more than one percent.
    private func tellRoom(since earlier: DiskSpace?) async throws -> DiskSpace {
        let room = try await threads.runIfActive { [spool] in try spool.room() }
        if let earlier, earlier.state == room.state,
            abs(earlier.freeBytes - room.freeBytes) < max(1, earlier.freeBytes / 100)
        {
            return earlier
        }
        send(
            "disk",
            .object([
                JSON.Member("disk-free", .number(room.freeBytes)),
                JSON.Member("disk-state", .string(room.state.rawValue)),
            ]))
        return room
    }

    private func send(_ type: String, _ data: JSON) {
        send([(type, data)])
    }

    /// Sends events, together in one piece.
    private func send(_ events: [(type: String, data: JSON)]) {
        guard !events.isEmpty else { return }
        let texts = events.map { Array($0.data.line.utf8) }
        let (pieces, listeners) = state.withLock { state in
            (zip(events, texts).map { state.ring.add($0.type, $1) }, Array(state.listeners.values))
        }
        listeners.send([ByteBuffer(pieces)])
    }

    private func send(_ bytes: ByteBuffer) {
        state.withLock { Array($0.listeners.values) }.send([bytes])
    }
}
