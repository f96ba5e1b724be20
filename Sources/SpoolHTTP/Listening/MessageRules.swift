internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import SpoolModel

/// The rules of HTTP/1 (RFC 9112) that the framework leaves to its user, between the parser and the other handlers:
///
/// - The answer to HEAD has no body, not even the end of a chunked one (RFC 9110 §9.3.2).
/// - A client of HTTP/1.0 gets no chunks and no 100 Continue. An answer without a length ends with the connection, and
///   the connection ends after each answer unless the client asks to keep it (§9.3).
/// - A request has one valid Host (§3.2), and no transfer coding but `chunked` (§6.1). Others are marked as refused, and
///   answered in their turn.
/// - A target in absolute form is replaced by its path and its host (§3.2.2).
/// - A request that the parser refuses gets an error in the JSON of the API's contract.
/// - A client that has closed its sending side still gets its answers (§9.6), see ``ClientLeft``.
final class MessageRules: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// The status and the reason of a refused request, in a field of its head; the field is removed from incoming
    /// requests.
    static let refusal = HTTPField.Name("Scrapy-Spool-Refusal")!

    /// Why a request is refused.
    struct Refusal {
        /// The status of the answer.
        var status = HTTPResponse.Status.badRequest
        /// A sentence for the client.
        var reason: String

        /// The error of a refused request; nil for others.
        static func error(of fields: HTTPFields) -> APIError? {
            guard let text = fields[MessageRules.refusal], let code = Int(text.prefix(3)) else { return nil }
            var error = APIError(code == 501 ? .notImplemented : .badRequest, String(text.dropFirst(4)))
            error.closes = true
            return error
        }
    }

    /// The properties of a request that are needed until it is answered.
    private struct Pending {
        let isHead: Bool
        let version: HTTPVersion
        let keepsConnection: Bool

        /// Whether its answer is written unchanged.
        var isPlain: Bool { !isHead && version == .http1_1 && keepsConnection }
    }

    /// Whether the connection is a Unix socket, whose client may have no host name to send.
    private var isSocket = false
    /// Requests without an answer, in order.
    private var pending: [Pending] = []
    /// The error of the parser.
    private var failure: HTTPParserError?
    /// The head of the current answer, from its head to its end.
    private var current: HTTPResponseHead?
    /// Whether the current answer has no body, and whether it ends with the connection.
    private var isBodiless = false, isLast = false
    /// Whether an answer of the framework was replaced by another one.
    private var isReplaced = false
    /// A whole answer, which is written in place of its end.
    private var held: FastResponse?
    /// The encoder's context, past which bytes are written.
    private var encoder: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        // Nil in a pipeline without the encoder.
        encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
        isSocket = context.channel.remoteAddress?.ipAddress == nil
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        encoder = nil
    }

    /// Takes the answer to the first of the requests, to write it in one piece: instead of the head, the body and the
    /// end, the caller then writes only the end.
    ///
    /// - Returns: whether it is taken, which it is if no rule changes it.
    func hold(_ answer: FastResponse) -> Bool {
        guard encoder != nil, held == nil, pending.first?.isPlain == true else { return false }
        held = answer
        return true
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        if MessageRules.isPlain(head) {
            pending.append(Pending(isHead: head.method == .HEAD, version: head.version, keepsConnection: true))
            return context.fireChannelRead(data)
        }
        let connection = head.headers[canonicalForm: "connection"].map { $0.lowercased() }
        // After an upgrade request the parser reads no further, although the connection continues unchanged (RFC 9110
        // §7.8). Java's client requests an upgrade to HTTP/2.
        let isUpgrade =
            head.method == .CONNECT || connection.contains("upgrade") && head.headers.contains(name: "upgrade")
        let keeps =
            !isUpgrade
            && (head.version == .http1_0 ? connection.contains("keep-alive") : !connection.contains("close"))
        if !keeps { head.headers.replaceOrAdd(name: "connection", value: "close") }
        if head.version == .http1_0 { head.headers.remove(name: "expect") }
        head.headers.remove(name: MessageRules.refusal.rawName)
        if let refusal = refusal(of: head) {
            let text = "\(refusal.status.code) \(refusal.reason)"
            head.headers.add(name: MessageRules.refusal.rawName, value: text)
            // A method that the next handler knows.
            if HTTPRequest.Method(head.method.rawValue) == nil { head.method = .GET }
        } else if let target = AbsoluteTarget(head.uri) {
            head.uri = target.path
            head.headers.replaceOrAdd(name: "host", value: target.authority)
        }
        pending.append(Pending(isHead: head.method == .HEAD, version: head.version, keepsConnection: keeps))
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// Whether no rule applies to a request, as for most: found in one pass over its fields.
    private static func isPlain(_ head: HTTPRequestHead) -> Bool {
        guard head.version == .http1_1, head.uri.utf8.first == UInt8(ascii: "/") else { return false }
        if case .RAW = head.method { return false }
        var hostCount = 0
        for (name, value) in head.headers {
            switch (name.utf8.count, (name.utf8.first ?? 0) | 0x20) {
            case (4, UInt8(ascii: "h")):
                guard name.lowercased() == "host" else { continue }
                hostCount += 1
                if value.utf8.contains(UInt8(ascii: ",")) || !HostField.isValid(value) { return false }
            // Possibly Connection, or the field for refusals.
            case (10, UInt8(ascii: "c")), (20, UInt8(ascii: "s")): return false
            // Possibly Transfer-Encoding.
            case (17, UInt8(ascii: "t")) where value.lowercased() != "chunked": return false
            default: continue
            }
        }
        return hostCount == 1
    }

    private func refusal(of head: HTTPRequestHead) -> Refusal? {
        guard HTTPRequest.Method(head.method.rawValue) != nil else {
            return Refusal(reason: "The method of the request is none")
        }
        let target = AbsoluteTarget(head.uri)
        if head.uri.first != "/", head.uri.contains("://"), target == nil {
            return Refusal(reason: "The target of the request is neither a path nor the address of one")
        }
        let hosts = head.headers[canonicalForm: "host"]
        guard hosts.count <= 1 else { return Refusal(reason: "The request names more than one Host") }
        if hosts.isEmpty, head.version != .http1_0, !isSocket {
            return Refusal(reason: "The request names no Host")
        }
        guard (hosts.map(String.init) + [target?.authority].compactMap { $0 }).allSatisfy(HostField.isValid) else {
            return Refusal(reason: "The Host of the request is neither a name nor an address, with or without a port")
        }
        let codings = head.headers[canonicalForm: "transfer-encoding"].map { $0.lowercased() }
        guard codings.isEmpty || codings == ["chunked"] else {
            // The parser takes only bodies whose last coding is `chunked`, and leaves the others to the server.
            return Refusal(
                status: .notImplemented,
                reason:
                    "The Transfer-Encoding of the request is not supported: send the body plainly, or by chunked alone")
        }
        return nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { probe(context) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Sends a byte to a client that has closed its sending side during an answer without a length, which may be silent for
    /// hours: if the client has closed the whole connection, TCP answers with a reset.
    ///
    /// The byte is the first digit of the next chunk's size, which may have leading zeros (RFC 9112 §7.1). An answer to a
    /// client of HTTP/1.0 is not chunked and has no place for it. If the input ends with the request, before the answer
    /// begins, the head of the answer has the same effect.
    private func probe(_ context: ChannelHandlerContext) {
        guard let head = current, !isBodiless, !isReplaced, !head.headers.contains(name: "content-length") else {
            return
        }
        if head.version == .http1_0 {
            context.fireUserInboundEventTriggered(ClientLeft())
        } else if let encoder {
            encoder.writeAndFlush(NIOAny(IOData.byteBuffer(ByteBuffer(string: "0"))), promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failure = failure ?? error as? HTTPParserError
        context.fireErrorCaught(error)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            // Most answers are written unchanged.
            if let request = pending.first, request.isPlain, head.status.code >= 200 {
                current = head
                context.write(data, promise: promise)
            } else {
                write(head, context, promise)
            }
        case .body:
            if isBodiless || isReplaced {
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))), promise: promise)
            } else {
                context.write(data, promise: promise)
            }
        case .end:
            if !pending.isEmpty { pending.removeFirst() }
            current = nil
            if let answer = held, let encoder {
                held = nil
                return encoder.write(NIOAny(IOData.byteBuffer(answer.message)), promise: promise)
            }
            if isBodiless || isReplaced {
                // An empty write, in its turn.
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))), promise: promise)
            } else {
                context.write(data, promise: promise)
            }
            (isBodiless, isReplaced) = (false, false)
            if isLast {
                isLast = false
                context.flush()
                context.close(mode: .output, promise: nil)
            }
        }
    }

    private func write(_ head: HTTPResponseHead, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        guard let request = pending.first else {
            // No request: the framework's answer to a request that the parser has refused.
            return writeRefusal(head, context, promise)
        }
        if (100..<200).contains(head.status.code) {
            guard request.version != .http1_0 else {
                promise?.succeed()
                return
            }
            return context.write(wrapOutboundOut(.head(head)), promise: promise)
        }
        var head = head
        isBodiless = request.isHead
        let hasEnd =
            request.isHead || head.headers.contains(name: "content-length") || head.status == .noContent
            || head.status == .notModified
        if request.version == .http1_0 {
            head.version = .http1_0
            if request.keepsConnection, hasEnd, !head.headers.contains(name: "connection") {
                head.headers.add(name: "connection", value: "keep-alive")
            }
            isLast = request.keepsConnection && !hasEnd
        }
        if !request.keepsConnection || isLast { head.headers.replaceOrAdd(name: "connection", value: "close") }
        if !hasEnd { current = head }
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    private func writeRefusal(
        _ head: HTTPResponseHead, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        let message =
            failure == .headerOverflow
            ? "The head of the request is too long"
            : "The request is not valid HTTP: \(failure.map { "\($0)" } ?? "it ends too early")"
        let text = APIResponse.text([JSON.Member("status", .string("error")), JSON.Member("msg", .string(message))])
        var head = HTTPResponseHead(version: .http1_1, status: head.status)
        head.headers.add(name: "content-type", value: "application/json")
        head.headers.add(name: "cache-control", value: "no-store")
        head.headers.add(name: "content-length", value: String(text.count))
        head.headers.add(name: "connection", value: "close")
        context.write(wrapOutboundOut(.head(head)), promise: promise)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: text)))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        isReplaced = true
    }
}
