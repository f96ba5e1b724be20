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
    ) -> DeliveryResult {
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
        let reader = StatusReader(limit: HookPost.longest)
        do {
            let request = try HTTPClient.Request(
                url: url.text, method: .POST, headers: headers, body: .byteBuffer(ByteBuffer(bytes: body)))
            try client.execute(request: request, delegate: reader, deadline: .now() + .seconds(HookPost.patience))
                .wait()
        } catch {
            // An answer that was cut off has a status all the same.
            if reader.status == nil { return .failed(HookPost.reason(error)) }
        }
        return HookPost.result(ofStatus: reader.status ?? 0)
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

/// Keeps the status of an answer, and cancels one that is too long.
private final class StatusReader: HTTPClientResponseDelegate {
    private let limit: Int
    private let state = Mutex<(status: Int?, bytes: Int)>((nil, 0))

    init(limit: Int) {
        self.limit = limit
    }

    var status: Int? { state.withLock { $0.status } }

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        state.withLock { $0.status = Int(head.status.code) }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        let isTooLong = state.withLock { state in
            state.bytes += buffer.readableBytes
            return state.bytes > limit
        }
        if isTooLong { task.cancel() }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) throws {}
}
