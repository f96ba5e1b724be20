internal import Glibc
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTPTypesHTTP1
internal import NIOSSL

/// A connection to a client: noticed when it is dead, and inside of TLS (RFC 8446) where there is a certificate.
struct ClientChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let certificate: Certificate?
    /// What answers before the base does.
    let prompt: @Sendable (any Channel, MessageRules) -> PromptAnswers

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            if channel.remoteAddress?.ipAddress != nil {
                // Who follows a silent log may be gone for long without a word (tcp(7)).
                try channel.syncOptions?.setOption(.socketOption(.so_keepalive), value: 1)
                try channel.syncOptions?.setOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: 60)
            }
            if let certificate {
                try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: certificate.current()))
            }
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }.flatMapThrowing { value in
            // After what notices silent clients and the end of the service, so that it sees these answers too.
            let pipeline = channel.pipeline.syncOperations
            let state = try pipeline.handler(type: HTTPConnectionStateHandler.self)
            let rules = MessageRules()
            try pipeline.addHandler(prompt(channel, rules), position: .after(state))
            let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
            try pipeline.addHandler(rules, position: .before(codec))
            return value
        }
    }

    func handle(value: Base.Value, logger: Logger) async {
        // On the connection's own thread, which saves two changes of threads a request. What waits for the disk goes to
        // threads that may.
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
            await base.handle(value: value, logger: logger)
        }
    }
}
