internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import SpoolClient
internal import SpoolModel
internal import Synchronization

/// Sends deliveries by POST requests.
///
/// It follows no redirect, takes certificates that the machine trusts, and reads at most ``longest`` bytes of an answer.
final class HookPost: Sendable {
    /// Seconds that a receiver has for its whole answer.
    static let patience: Int64 = 15
    /// The most bytes of an answer that are read, so that its connection can be used again.
    private static let longest = 64 << 10

    /// The answer to a request.
    struct Answer: Sendable {
        /// The most bytes of a body that are kept.
        static let longest = 2048

        let status: Int
        /// The beginning of the body.
        var body: [UInt8] = []
    }

    private let client: HTTPClient

    init() {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .seconds(10)
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
    }

    /// Sends a delivery and waits for the answer, on a thread that may block.
    func send(
        _ name: DeliveryName, _ message: HookMessage, to url: HookURL, as form: HookBody, at seconds: Int64,
        secrets: [HookSecret]
    ) -> (result: DeliveryResult, answer: Answer?) {
        let body = message.body(form)
        var headers = HTTPHeaders([
            ("User-Agent", "scrapy-spool"), ("Content-Type", form.contentType), ("webhook-id", name.description),
            ("webhook-timestamp", "\(seconds)"),
        ])
        if !secrets.isEmpty {
            headers.add(
                name: "webhook-signature",
                value: HookSecret.signature(name.description, at: seconds, body, by: secrets))
        }
        let reader = AnswerReader(limit: HookPost.longest)
        do {
            let request = try HTTPClient.Request(
                url: url.text, method: .POST, headers: headers, body: .byteBuffer(ByteBuffer(bytes: body)))
            try client.execute(request: request, delegate: reader, deadline: .now() + .seconds(HookPost.patience))
                .wait()
        } catch {
            // An answer that was cut off has a status all the same.
            if reader.answer == nil { return (.failed(HookPost.reason(error)), nil) }
        }
        let answer = reader.answer
        return (HookPost.result(ofStatus: answer?.status ?? 0), answer)
    }

    /// Ends the connections: nothing is sent after it.
    func end() {
        // What was to be sent has its answer.
        try? client.syncShutdown()
    }

    private static func result(ofStatus status: Int) -> DeliveryResult {
        switch status {
        case 200..<300: .taken
        case 410: .switchedOff("it answered with 410: it wants no more deliveries")
        case 300..<400: .failed("it answered with \(status), a redirect, which is not followed")
        default: .failed("it answered with \(status)")
        }
    }

    /// The reason for a failure, without the address, which may be secret.
    private static func reason(_ error: any Error) -> String {
        if let error = error as? HTTPClientError, error == .deadlineExceeded {
            return "it did not answer within \(patience) s"
        }
        let reason = connectionFailure(error) ?? "\(type(of: error))"
        return reason == untrustedCertificate ? "its certificate is not trusted by this machine" : reason
    }
}

/// Keeps the status and the beginning of an answer, and cancels one that is too long.
private final class AnswerReader: HTTPClientResponseDelegate {
    private let limit: Int
    private let state = Mutex<(answer: HookPost.Answer?, bytes: Int)>((nil, 0))

    init(limit: Int) {
        self.limit = limit
    }

    var answer: HookPost.Answer? { state.withLock { $0.answer } }

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        state.withLock { $0.answer = HookPost.Answer(status: Int(head.status.code)) }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        let isTooLong = state.withLock { state in
            let room = HookPost.Answer.longest - (state.answer?.body.count ?? 0)
            state.answer?.body += buffer.readableBytesView.prefix(max(0, room))
            state.bytes += buffer.readableBytes
            return state.bytes > limit
        }
        if isTooLong { task.cancel() }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) throws {}
}
