internal import HTTPTypes
internal import NIOCore

/// The events for one client, as text/event-stream (HTML §9.2).
struct EventStream: Sendable {
    /// The header fields of the answer. A proxy that buffers the response would delay it.
    static let fields: HTTPFields = [
        .contentType: "text/event-stream", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
        .xAccelBuffering: "no",
    ]

    private let feed: EventFeed
    private let last: String?
    private let departure: Departure

    /// The events after the one with an id; from now on for nil.
    init(of feed: EventFeed, after last: String?, until departure: Departure) {
        self.feed = feed
        self.last = last
        self.departure = departure
    }

    /// Sends the events as the body of an answer, until the client leaves or the server stops.
    func send(to channel: any Channel, _ watch: StallWatch) async throws {
        let listener = EventListener(channel, watch)
        guard let key = feed.add(listener, after: last) else { return listener.end() }
        departure.onLeave { listener.end() }
        defer { feed.remove(key) }
        try await listener.untilEnd()
    }
}

extension HTTPField.Name {
    static let xAccelBuffering = HTTPField.Name("X-Accel-Buffering")!
    /// The id of the last event that a client has received (HTML §9.2.4).
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
}
