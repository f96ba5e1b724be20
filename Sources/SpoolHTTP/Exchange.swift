internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTPTypes
internal import SpoolModel

/// One request and its answer on a connection.
struct Exchange: Sendable {
    /// Bytes of a body that are read and dropped after an answer that did not need them, before the connection closes.
    private static let drainLimit = 1 << 20

    let api: API
    let request: Request

    /// Answers, whatever happens: errors in the contract's shape.
    func run(_ writer: consuming ResponseWriter, on channel: any Channel) async throws {
        let expectsProceed = request.headers[.expect]?.lowercased() == "100-continue"
        let answer: Answer
        var allow: String?
        var closes = false
        do {
            answer = try await api.answer(request) {
                guard expectsProceed else { return }
                try await channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue)))
            }
        } catch {
            let error = apiError(error)
            (allow, closes) = (error.allow, error.closes)
            answer = .error(error)
        }
        try await write(answer, allow: allow, closes: closes, with: writer)
        if closes { try await leave(channel) }
    }

    private func apiError(_ error: any Error) -> APIError {
        if let error = error as? APIError { return error }
        api.logger.error("\(request.method) \(request.uri.path): \(error)")
        return APIError(.internalServerError, "Internal error: \(error)")
    }

    private func write(
        _ answer: Answer, allow: String?, closes: Bool, with writer: consuming ResponseWriter
    ) async throws {
        var fields = HTTPFields()
        fields[.date] = Timestamp.now.httpDate
        fields[.server] = "scrapy-spool"
        if let allow { fields[.allow] = allow }
        if closes { fields[.connection] = "close" }
        switch answer {
        case .json(let bytes, let status):
            fields[.contentType] = "application/json"
            fields[.contentLength] = String(bytes.count)
            let head = HTTPResponse(status: status, headerFields: fields)
            let body = request.method == .head ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            try await writer.write(response: head, body: body)
        case .log(let log):
            fields[.contentType] = "text/plain; charset=utf-8"
            fields[.xContentTypeOptions] = "nosniff"
            if let length = log.length { fields[.contentLength] = String(length) }
            let head = HTTPResponse(status: .ok, headerFields: fields)
            guard request.method != .head else { return try await writer.writeResponse(head) }
            var body: any ResponseBodyWriter = try await writer.writeHead(head)
            try await log.write(on: api.threads) { try await body.write($0) }
            try await body.finish(nil)
        }
    }

    /// Ends the connection after an answer that came before the body was read. What is under way is taken for a short
    /// while, because a client that is still sending would lose the answer to a reset.
    private func leave(_ channel: any Channel) async throws {
        var dropped = 0
        for try await chunk in request.body {
            dropped += chunk.readableBytes
            if dropped > Exchange.drainLimit { break }
        }
        try await channel.close()
    }
}
