internal import HTTPTypes
internal import NIOCore

/// The events for one client, as text/event-stream (HTML §9.2).
struct EventStream: Sendable {
    /// The header fields of the answer. A proxy that buffers the response would delay it.
    static let fields: HTTPFields = [
        .contentType: "text/event-stream", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
        .xAccelBuffering: "no",
    ]

    /// Pieces of the body.
    let events: AsyncStream<ByteBuffer>
}

extension HTTPField.Name {
    static let xAccelBuffering = HTTPField.Name("X-Accel-Buffering")!
    /// The id of the last event that a client has received (HTML §9.2.4).
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
}
