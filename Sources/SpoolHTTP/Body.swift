internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore

/// The body of a request, read at most once.
final class Body {
    /// Whether all of it was read, or there is none.
    private(set) var isEnded: Bool
    /// Whether the client waits with the body until it is told to go on (RFC 9110 §10.1.1).
    private(set) var isHeldBack: Bool
    /// The length that the client has announced, if it has.
    let length: Int?
    private var iterator: RequestBody.AsyncIterator
    private let proceed: () async throws -> Void

    /// The body of a request.
    ///
    /// - Parameter proceed: tells the client to send it.
    init(of request: Request, proceed: @escaping () async throws -> Void) {
        length = request.headers[.contentLength].flatMap { Int($0) }
        isEnded = (length ?? 0) == 0 && request.headers[.transferEncoding] == nil
        isHeldBack = !isEnded && request.headers[.expect]?.lowercased() == "100-continue"
        iterator = request.body.makeAsyncIterator()
        self.proceed = proceed
    }

    /// The next bytes, or nil at the end.
    func next() async throws -> ByteBuffer? {
        guard !isEnded else { return nil }
        if isHeldBack {
            isHeldBack = false
            try await proceed()
        }
        let chunk = try await iterator.next()
        isEnded = chunk == nil
        return chunk
    }

    /// Reads what is left and drops it, up to a limit. A client that waits to be told is not told.
    ///
    /// - Returns: whether that was the end.
    func drain(limit: Int = .max) async throws -> Bool {
        isHeldBack = false
        var dropped = 0
        while dropped <= limit {
            guard let chunk = try await next() else { return true }
            dropped += chunk.readableBytes
        }
        return false
    }
}
