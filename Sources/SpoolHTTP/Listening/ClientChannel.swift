internal import Glibc
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTPTypesHTTP1
internal import NIOPosix
internal import NIOSSL

/// A connection to a client: with keepalive, and with TLS (RFC 8446) if there is a certificate.
struct ClientChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let certificate: Certificate?
    /// Threads that may block on the disk.
    let threads: NIOThreadPool
    let connections: OpenConnections
    /// Makes the handler of the fast path, which answers before the base does.
    let prompt: @Sendable (any Channel, MessageRules, EventLoopPromise<Void>) -> FastPathHandler

    /// A connection.
    struct Value: ServerChildChannelValue {
        let base: Base.Value
        /// Succeeds when something has come that the fast path leaves to the task, or when the connection is closed.
        let need: EventLoopFuture<Void>

        var channel: any Channel { base.channel }
    }

    /// Bytes that the first read from a client takes: requests are short, and the buffer remains as long as the connection.
    private static var firstRead: Int { 512 }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        connections.add(channel)
        // The certificate's files are looked at for each connection, and their disk may not answer.
        let context = certificate.map { certificate in
            threads.runIfActive(eventLoop: channel.eventLoop) { Optional(certificate.current()) }
        }
        return (context ?? channel.eventLoop.makeSucceededFuture(nil)).flatMapThrowing { context in
            try channel.syncOptions?.setOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(
                    minimum: 64, initial: ClientChannel.firstRead, maximum: 64 << 10))
            if channel.remoteAddress?.ipAddress != nil {
                // A client that follows a silent log may have vanished without closing the connection (tcp(7)).
                try channel.syncOptions?.setOption(.socketOption(.so_keepalive), value: 1)
                try channel.syncOptions?.setOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: 60)
            }
            if let context {
                try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
            }
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }.flatMapThrowing { value in
            // Behind the handler that detects idle clients and the shutdown, so that it sees these answers too.
            let pipeline = channel.pipeline.syncOperations
            let state = try pipeline.handler(type: HTTPConnectionStateHandler.self)
            let rules = MessageRules()
            let need = channel.eventLoop.makePromise(of: Void.self)
            try pipeline.addHandler(prompt(channel, rules, need), position: .after(state))
            let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
            try pipeline.addHandler(rules, position: .before(codec))
            return Value(base: value, need: need.futureResult)
        }
    }

    func handle(value: Value, logger: Logger) async {
        // On the connection's own thread, which saves two thread switches for each request. Work that blocks on the
        // disk runs on other threads.
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
            // Most of the memory of a connection would be what the base's loop keeps while it waits.
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    value.need.whenComplete { _ in continuation.resume() }
                }
            } onCancel: {
                value.channel.close(promise: nil)
            }
            await base.handle(value: value.base, logger: logger)
        }
    }
}
