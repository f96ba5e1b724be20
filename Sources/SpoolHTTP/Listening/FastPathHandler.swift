internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
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
    /// Succeeds when the task that serves the connection has something to do.
    let need: EventLoopPromise<Void>
    private let answer: (HTTPRequest) -> FastResponse?
    private let follower: (HTTPRequest) -> EventLoopFuture<LogFollower?>?
    /// The answer to the current request, written when the request is complete.
    private var held: FastResponse?
    /// The number of requests that passed through and are not answered yet: their answers come before later ones (RFC
    /// 9112 §9.3.2).
    private var pending = 0
    private var isFlushDue = false
    private let rules: MessageRules
    /// The input that comes while a log is opened for the client or followed by it; nil otherwise.
    private var input: HeldInput?
    private var isFollowing = false

    /// - Parameters:
    ///   - rules: those of the connection, which write the usual answer in one piece.
    ///   - need: see ``need``.
    ///   - answer: the answer to a request; nil to pass it through.
    ///   - follower: opens the log that a request asks to follow; nil for other requests, and if the task has to answer.
    init(
        _ rules: MessageRules, need: EventLoopPromise<Void>, _ answer: @escaping (HTTPRequest) -> FastResponse?,
        follower: @escaping (HTTPRequest) -> EventLoopFuture<LogFollower?>?
    ) {
        self.rules = rules
        self.need = need
        self.answer = answer
        self.follower = follower
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // `channelInactive` does not reach this handler: Hummingbird's HTTPConnectionStateHandler does not forward it.
        context.channel.closeFuture.whenComplete { [departure, need] _ in
            departure.leave()
            need.succeed()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if input != nil { return hold(.part(part)) }
        switch part {
        case .head(let request):
            // For a client that does not read its answers the task waits, so that they do not pile up in memory.
            if pending == 0, context.channel.isWritable {
                held = answer(request)
                if held == nil, let follower = follower(request) { return open(follower, for: part, context) }
            }
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
        pass(data, context)
    }

    /// Passes a part on to the task.
    private func pass(_ data: NIOAny, _ context: ChannelHandlerContext) {
        need.succeed()
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isFlushDue {
            isFlushDue = false
            context.flush()
        }
        hold(.pause)
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if input?.isFull == true {
            input?.isReadDue = true
        } else {
            context.read()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ClientLeft { departure.leave() }
        if input != nil, let event = event as? ChannelEvent { return hold(.event(event)) }
        if event is ChannelEvent { need.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if input != nil, error is HTTPParserError { return hold(.failure(error)) }
        need.succeed()
        context.fireErrorCaught(error)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        pending -= 1
        context.write(data, promise: promise)
        guard isFollowing else { return }
        isFollowing = false
        // After the flush that ends the answer.
        context.eventLoop.assumeIsolated().execute { [self] in release(context, isAnswered: true) }
    }

    // MARK: Followers

    private func hold(_ piece: HeldInput.Piece) {
        input?.add(piece)
    }

    /// Waits until the log is open. Until then and while it is followed nothing else is answered.
    private func open(
        _ follower: EventLoopFuture<LogFollower?>, for head: HTTPRequestPart, _ context: ChannelHandlerContext
    ) {
        input = HeldInput()
        hold(.part(head))
        follower.hop(to: context.eventLoop).assumeIsolated().whenComplete { [self] result in
            // After an error the task answers, and says which.
            if case .success(let follower?) = result, context.channel.isActive {
                begin(follower, context)
            } else {
                release(context, isAnswered: false)
            }
        }
    }

    private func begin(_ follower: LogFollower, _ context: ChannelHandlerContext) {
        input?.dropRequest()
        isFollowing = true
        pending += 1
        departure.begin()
        context.writeAndFlush(
            wrapOutboundOut(.head(HTTPResponse(status: .ok, headerFields: follower.headFields))), promise: nil)
        follower.begin()
        departure.onLeave { follower.channel.eventLoop.execute { follower.finish() } }
    }

    /// Passes the held input on.
    ///
    /// - Parameter isAnswered: whether the request is answered for which it was held; otherwise the task answers it.
    private func release(_ context: ChannelHandlerContext, isAnswered: Bool) {
        guard let held = input else { return }
        input = nil
        for (index, piece) in held.pieces.enumerated() {
            switch piece {
            case .part(let part):
                // The request for which no log was opened.
                if index == 0, case .head = part, !isAnswered {
                    pending += 1
                    pass(wrapInboundOut(part), context)
                } else {
                    channelRead(context: context, data: wrapInboundOut(part))
                }
            case .pause: channelReadComplete(context: context)
            case .event(let event): userInboundEventTriggered(context: context, event: event)
            case .failure(let error): errorCaught(context: context, error: error)
            }
        }
        channelReadComplete(context: context)
        if held.isReadDue { context.read() }
    }
}
