internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import SpoolModel

/// One request and its answer on a connection.
struct RequestHandler: Sendable {
    /// The most bytes of an answer whose pieces are copied into one buffer rather than written one by one.
    private static let pieceLimit = 128 << 10
    /// How long a connection that is about to be closed is still read.
    private static let lingering = TimeAmount.seconds(10)
    /// The most bytes of a form's body that are read and dropped after an early answer, before the connection is
    /// closed.
    private static let drainLimit = 1 << 20

    let api: API
    let request: Request
    let peer: Peer
    let channel: any Channel
    /// Whether it came by an interface for clients of scrapyd.
    var isOfScrapyd = false

    /// Answers the request in any case; an error in the shape of the API's contract.
    func run(_ writer: consuming ResponseWriter) async throws {
        let body = Body(of: request, on: channel, patience: api.settings.clientTimeout) {
            try await channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue)))
        }
        let outcome: Result<APIResponse, APIError>
        do {
            let departure = try await departure()
            outcome = .success(
                isOfScrapyd
                    ? try await ScrapydSite(api: api).answer(request, body, from: peer, until: departure)
                    : try await api.answer(request, body, from: peer, until: departure))
        } catch {
            outcome = .failure(apiError(error))
        }
        let watch = StallWatch(of: channel, patience: api.settings.clientTimeout)
        defer { watch.end() }
        switch outcome {
        case .success(let answer):
            try await write(answer, closing: isTooLong(body), watch, with: writer)
        case .failure(let error):
            let closes = error.closes || isTooLong(body)
            try await write(error, closing: closes, watch, with: writer)
            if closes { return try await leave(body) }
        }
        if body.isEnded { return }
        if !isTooLong(body), try await body.drain(limit: drainLimit) { return }
        try await leave(body)
    }

    /// Closes the connection after an answer that was sent before the body's end. A client that is still sending would
    /// lose the answer to a reset, so the body is drained for a while.
    private func leave(_ body: Body) async throws {
        let end = channel.eventLoop.scheduleTask(in: RequestHandler.lingering) { channel.close(promise: nil) }
        // The connection ends in any case.
        _ = try? await body.drain()
        end.cancel()
        // As above.
        try? await channel.close()
    }

    /// Whether the connection is closed rather than the rest of the body read: it is too long, or the client waits for
    /// a 100 Continue.
    private func isTooLong(_ body: Body) -> Bool {
        !body.isEnded && (body.isHeldBack || body.length ?? 0 > drainLimit)
    }

    /// Bodies of refused pushes, for example without a login, are drained too: some clients read the response only
    /// after sending everything.
    private var drainLimit: Int {
        let isPush =
            isOfScrapyd
            ? ScrapydEndpoint(target: request.uri.string) == .addVersion
            : Endpoint(target: request.uri.string) == .pushProject
        return isPush
            ? 3 * api.settings.uploadLimit + RequestHandler.drainLimit : RequestHandler.drainLimit
    }

    /// The notification of this connection's end.
    private func departure() async throws -> Departure {
        let pipeline = channel.pipeline
        let departure =
            channel.eventLoop.inEventLoop
            ? try pipeline.syncOperations.handler(type: FastPathHandler.self).departure
            : try await channel.eventLoop.submit {
                try pipeline.syncOperations.handler(type: FastPathHandler.self).departure
            }
            .get()
        departure.begin()
        return departure
    }

    private func apiError(_ error: any Error) -> APIError {
        if let error = error as? APIError { return error }
        if error is HTTPParserError {
            var refusal = APIError(.badRequest, "The request is not valid HTTP: \(error)")
            refusal.closes = true
            api.logger.debug("\(request.method) \(request.uri.path): \(error)")
            return refusal
        }
        if error is ChannelError || error is IOError || error is CancellationError {
            var refusal = APIError(.badRequest, "The connection ended before the request was answered")
            refusal.closes = true
            api.logger.debug("\(request.method) \(request.uri.path): \(error)")
            return refusal
        }
        api.logger.error("\(request.method) \(request.uri.path): \(error)")
        return APIError(.internalServerError, "Internal error: \(error)")
    }

    func write(
        _ error: APIError, closing: Bool, _ watch: StallWatch, with writer: consuming ResponseWriter
    ) async throws {
        var fields = HTTPFields()
        if let allow = error.allow { fields[.allow] = allow }
        if let range = error.contentRange { fields[.contentRange] = range }
        if let seconds = error.retryAfter { fields[.retryAfter] = String(seconds) }
        for challenge in error.challenges { fields.append(HTTPField(name: .wwwAuthenticate, value: challenge)) }
        try await write(.error(error), fields, closing: closing, watch, with: writer)
    }

    private func write(
        _ answer: APIResponse, _ additional: HTTPFields = [:], closing: Bool, _ watch: StallWatch,
        with writer: consuming ResponseWriter
    ) async throws {
        var fields = additional
        fields.append(contentsOf: api.sharingFields(for: request))
        fields.append(contentsOf: API.commonFields)
        if closing { fields[.connection] = "close" }
        switch answer {
        case .empty: try await writer.writeResponse(HTTPResponse(status: .noContent, headerFields: fields))
        case .options:
            fields[.allow] = "GET, HEAD, POST, OPTIONS"
            try await writer.writeResponse(HTTPResponse(status: .noContent, headerFields: fields))
        case .adding(let more, let answer):
            try await write(answer, additional.merged(with: more), closing: closing, watch, with: writer)
        case .seeOther(let place):
            fields[.location] = place
            fields[.cacheControl] = "no-store"
            fields[.contentLength] = "0"
            try await writer.writeResponse(HTTPResponse(status: .seeOther, headerFields: fields))
        case .json(let bytes, let status):
            fields.describeJSON(count: bytes.count)
            let head = HTTPResponse(status: status, headerFields: fields)
            let body = request.method == .head ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            try await writer.write(response: head, body: body)
        case .pieces(let pieces): try await write(pieces, fields, watch, with: writer)
        case .jobs(let list):
            fields.describeJSON(count: list.byteCount)
            try await write(fields, watch, with: writer) { try await list.write(on: api, $0) }
        case .clientJobs(let list):
            fields.append(contentsOf: list.fields)
            try await write(fields, watch, with: writer) { try await list.write(on: api, $0) }
        case .search(let search):
            fields.describeJSON()
            // A proxy that buffers the answer would delay it.
            fields[.xAccelBuffering] = "no"
            try await write(fields, watch, with: writer) { try await search.write($0) }
        case .log(let log): try await write(log, fields, watch, with: writer)
        case .document(let document): try await write(document, fields, with: writer)
        case .file(let file): try await write(file, fields, watch, with: writer)
        case .archive(let archive): try await write(archive, fields, watch, with: writer)
        case .events(let stream):
            fields.append(contentsOf: EventStream.fields)
            ClientSocket.limitQueue(of: channel)
            defer { api.memory.noteEnd() }
            try await write(HTTPResponse(status: .ok, headerFields: fields), with: writer) { _ in
                try await stream.send(to: channel, watch)
            }
        }
    }

    private func write(
        _ document: Document, _ additional: HTTPFields, with writer: consuming ResponseWriter
    ) async throws {
        var fields = additional
        fields.append(contentsOf: document.fields)
        if document.status != .notModified { fields[.contentLength] = String(document.content.readableBytes) }
        let head = HTTPResponse(status: document.status, headerFields: fields)
        guard request.method != .head, document.status != .notModified else {
            return try await writer.writeResponse(head)
        }
        try await writer.write(response: head, body: ResponseBody(byteBuffer: document.content))
    }

    /// Writes a head, and unless the method is HEAD the pieces of a body, each of which is progress, by `content`.
    private func write(
        _ fields: HTTPFields, _ watch: StallWatch, with writer: consuming ResponseWriter,
        _ content: ((ByteBuffer) async throws -> Void) async throws -> Void
    ) async throws {
        try await write(HTTPResponse(status: .ok, headerFields: fields), with: writer) { body in
            try await content { piece in
                try await body.write(piece)
                watch.noteProgress()
            }
        }
    }

    /// Writes the pieces of a JSON text.
    private func write(
        _ pieces: [ByteBuffer], _ fields: HTTPFields, _ watch: StallWatch, with writer: consuming ResponseWriter
    ) async throws {
        var fields = fields
        let length = pieces.reduce(0) { $0 + $1.readableBytes }
        fields.describeJSON(count: length)
        let head = HTTPResponse(status: .ok, headerFields: fields)
        guard request.method != .head else { return try await writer.writeResponse(head) }
        if length <= RequestHandler.pieceLimit {
            return try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(pieces)))
        }
        var body: any ResponseBodyWriter = try await writer.writeHead(head)
        for piece in pieces {
            try await body.write(piece)
            watch.noteProgress()
        }
        try await body.finish(nil)
    }

    /// The client's socket, for file bytes that need not pass through this process's memory; nil with TLS.
    func socket(_ watch: StallWatch) -> ClientSocket? { peer.isEncrypted ? nil : ClientSocket(channel, watch) }

    /// Writes a head, and unless the method is HEAD the body by `content`.
    func write(
        _ head: HTTPResponse, with writer: consuming ResponseWriter,
        _ content: (inout any ResponseBodyWriter) async throws -> Void
    ) async throws {
        guard request.method != .head else { return try await writer.writeResponse(head) }
        var body: any ResponseBodyWriter = try await writer.writeHead(head)
        try await content(&body)
        try await body.finish(nil)
    }
}

extension API {
    /// The header fields of every answer.
    static var commonFields: HTTPFields {
        var fields = steadyFields
        fields.append(HTTPField(name: .date, value: HTTPDate.now))
        return fields
    }

    /// The fields among them that never change.
    static let steadyFields: HTTPFields = [.server: "scrapy-spool"]
}

extension ByteBuffer {
    /// Several buffers as one; a single one is not copied.
    init(_ pieces: [ByteBuffer]) {
        guard pieces.count > 1 else {
            self = pieces.first ?? ByteBuffer()
            return
        }
        self.init()
        reserveCapacity(pieces.reduce(0) { $0 + $1.readableBytes })
        for piece in pieces { writeImmutableBuffer(piece) }
    }
}

extension HTTPFields {
    /// Describes a JSON text that may not be kept.
    ///
    /// - Parameter count: its bytes; nil if that is not known.
    fileprivate mutating func describeJSON(count: Int? = nil) {
        self[.contentType] = "application/json"
        self[.cacheControl] = "no-store"
        if let count { self[.contentLength] = String(count) }
    }

    /// These fields followed by others.
    fileprivate func merged(with others: HTTPFields) -> HTTPFields {
        var fields = self
        fields.append(contentsOf: others)
        return fields
    }
}
