internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// The fast path: answers requests that need no waiting on the event loop, which are most of the repeated ones. A task
/// for each of these would cost more than the answer. All other requests pass through to the task that serves the
/// connection.
final class FastPathHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Notified when the client leaves.
    let departure = Departure()
    private let answer: (HTTPRequest) -> FastResponse?
    /// The answer to the current request, written when the request is complete.
    private var held: FastResponse?
    /// The number of requests that passed through and are not answered yet: their answers come before later ones (RFC
    /// 9112 §9.3.2).
    private var pending = 0
    private var isFlushDue = false
    private let rules: MessageRules

    /// - Parameters:
    ///   - rules: those of the connection, which write the usual answer in one piece.
    ///   - answer: the answer to a request; nil to pass it through.
    init(_ rules: MessageRules, _ answer: @escaping (HTTPRequest) -> FastResponse?) {
        self.rules = rules
        self.answer = answer
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // `channelInactive` does not reach this handler: Hummingbird's HTTPConnectionStateHandler does not forward it.
        context.channel.closeFuture.whenComplete { [departure] _ in departure.leave() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let request):
            // For a client that does not read its answers the task waits, so that they do not pile up in memory.
            if pending == 0, context.channel.isWritable { held = answer(request) }
            if held != nil { return }
            pending += 1
        case .body:
            if held != nil { return }
        case .end:
            if let answer = held {
                held = nil
                if !rules.hold(answer) {
                    context.write(wrapOutboundOut(.head(answer.head)), promise: nil)
                    context.write(wrapOutboundOut(.body(answer.body)), promise: nil)
                }
                context.write(wrapOutboundOut(.end(nil)), promise: nil)
                isFlushDue = true
                return
            }
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isFlushDue {
            isFlushDue = false
            context.flush()
        }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ClientLeft { departure.leave() }
        context.fireUserInboundEventTriggered(event)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { pending -= 1 }
        context.write(data, promise: promise)
    }
}
