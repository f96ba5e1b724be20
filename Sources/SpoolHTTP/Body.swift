internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore

/// The body of a request, read at most once, and with a limit on how slowly a client may send it.
final class Body {
    /// The minimum average upload rate in bytes per second, and the seconds before it is enforced.
    private static let slowest = 256.0, grace = 30.0

    /// Whether all of it was read, or it is empty.
    private(set) var isEnded: Bool
    /// Whether the client sends the body only after a 100 Continue (RFC 9110 §10.1.1).
    private(set) var isHeldBack: Bool
    /// The length in Content-Length; nil without one.
    let length: Int?
    private var iterator: RequestBody.AsyncIterator
    private let proceed: () async throws -> Void
    private let channel: any Channel
    private let patience: TimeAmount
    private let start = ContinuousClock.now
    private var received = 0

    /// The body of a request.
    ///
    /// - Parameters:
    ///   - channel: the connection, which is closed when nothing arrives for `patience` seconds.
    ///   - proceed: sends the 100 Continue.
    init(
        of request: Request, on channel: any Channel, patience: Int, proceed: @escaping () async throws -> Void
    ) {
        self.channel = channel
        self.patience = .seconds(Int64(patience))
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
        let end = channel.eventLoop.scheduleTask(in: patience) { [channel] in channel.close(promise: nil) }
        let chunk = try await iterator.next()
        end.cancel()
        isEnded = chunk == nil
        received += chunk?.readableBytes ?? 0
        try checkPace()
        return chunk
    }

    private func checkPace() throws(APIError) {
        let seconds = Double((ContinuousClock.now - start).components.seconds)
        guard !isEnded, seconds > Body.grace, Double(received) < seconds * Body.slowest else { return }
        var error = APIError(.requestTimeout, "The request came so slowly that the server no longer waits for it")
        error.closes = true
        throw error
    }

    /// Reads and drops the rest, up to a limit. A client that waits for a 100 Continue gets none.
    ///
    /// - Returns: whether the end was reached.
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
