internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes
internal import Synchronization

/// A client that is sent events. They are written by its event loop: a task that waits for each of them would cost more
/// than the event.
final class EventListener: Sendable {
    /// The most bytes that are queued for a slow client before it has to reconnect. A first reply may be as long as
    /// all events that are kept, and a single event may be longer.
    private static let limit = 2 << 20

    let channel: any Channel
    private let watch: StallWatch
    private let promise: EventLoopPromise<Void>
    private let queued = Atomic(0)
    /// Whether the answer is about to end, so that nothing may follow.
    private let hasEnded = Atomic(false)

    /// - Parameter watch: notified of each event that was taken.
    init(_ channel: any Channel, _ watch: StallWatch) {
        self.channel = channel
        self.watch = watch
        promise = channel.eventLoop.makePromise()
    }

    /// Sends events. On the channel's event loop.
    func send(_ events: [ByteBuffer]) {
        for bytes in events where !hasEnded.load(ordering: .acquiring) {
            let count = bytes.readableBytes
            let total = queued.add(count, ordering: .relaxed).newValue
            // A client that does not keep up reconnects and sends the id of its last event.
            guard total <= max(count, EventListener.limit) else { return end() }
            channel.write(HTTPResponsePart.body(bytes)).whenComplete { [self] _ in
                queued.subtract(count, ordering: .relaxed)
                watch.noteProgress()
            }
        }
        channel.flush()
    }

    /// Ends the answer.
    func end() {
        hasEnded.store(true, ordering: .releasing)
        promise.succeed()
    }

    /// Waits for ``end()``.
    func untilEnd() async throws {
        try await promise.futureResult.get()
    }
}

extension [EventListener] {
    /// Sends events to all of them.
    func send(_ events: [ByteBuffer]) {
        for listeners in Dictionary(grouping: self, by: { ObjectIdentifier($0.channel.eventLoop) }).values {
            listeners[0].channel.eventLoop.execute {
                for listener in listeners { listener.send(events) }
            }
        }
    }
}
