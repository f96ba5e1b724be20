internal import HTTPTypes
internal import HummingbirdCore
internal import LinuxSystem
internal import Logging
internal import NIOCore

extension RequestHandler {
    /// The part of a file that is sent.
    private enum Selection {
        /// All bytes, and those that are appended later.
        case all
        /// These bytes only.
        case part(Range<Int>)
        /// All bytes so far, and none that are appended later: the client asked for a range that is not served.
        case soFar
        /// None: the client has a current copy.
        case known
    }

    /// Selects the bytes for the request's conditions and its Range (RFC 9110 §13, §14), and sets the header fields for
    /// it.
    ///
    /// - Parameters:
    ///   - length: the length in bytes; for a growing log, so far.
    ///   - isWhole: whether the file has its final length.
    ///   - what: the kind of file, for messages.
    private func select(
        of length: Int, isWhole: Bool, _ validators: Validators?, _ what: String, _ fields: inout HTTPFields
    ) throws(APIError) -> Selection {
        if let validators {
            fields.append(contentsOf: validators.fields)
            if validators.areKnown(by: request.headers) { return .known }
        }
        fields[.acceptRanges] = "bytes"
        // If an If-Range condition does not hold, or cannot be checked, all is sent.
        let range = Validators.allowRange(validators, of: request.headers) ? request.headers[.range] : nil
        switch ByteRange.outcome(of: range, length: length) {
        case .all:
            // A client that asks for a range of a growing log expects an end.
            let isFollowed = !isWhole && request.headers[.range] == nil
            if !isFollowed { fields[.contentLength] = String(length) }
            return isWhole || isFollowed ? .all : .soFar
        case .part(let bytes):
            fields[.contentRange] = "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/\(isWhole ? "\(length)" : "*")"
            fields[.contentLength] = String(bytes.count)
            return .part(bytes)
        case .unsatisfiable:
            var error = APIError(.rangeNotSatisfiable, "The \(what) has \(length) bytes\(isWhole ? "" : " so far")")
            error.contentRange = "bytes */\(length)"
            throw error
        }
    }

    /// Writes a log, following it as long as its job runs unless a part is requested.
    func write(
        _ log: LogStream, _ common: HTTPFields, _ watch: StallWatch, with writer: consuming ResponseWriter
    ) async throws {
        var fields = common
        fields.append(contentsOf: LogStream.fields(from: log.start))
        try await write(
            log.length ?? log.available, isWhole: log.length != nil, log.validators, "log", fields, watch, with: writer
        ) { part, client in
            let isFollowed = log.length == nil && part == nil
            if isFollowed { ClientSocket.limitQueue(of: channel) }
            defer { if isFollowed { api.memory.noteEnd() } }
            // Waits until the system has taken each piece, so that no second one is in memory.
            try await log.write(part, on: api.threads, past: socket(watch)) { try await client.write($0) }
        }
    }

    /// Writes a file of a job.
    func write(
        _ file: JobFile, _ common: HTTPFields, _ watch: StallWatch, with writer: consuming ResponseWriter
    ) async throws {
        var fields = common
        fields.append(contentsOf: file.fields)
        if file.hasParts, file.validators?.areKnown(by: request.headers) != true,
            Validators.allowRange(file.validators, of: request.headers),
            let ranges = ByteRange.several(in: request.headers[.range], length: file.length), !ranges.isEmpty
        {
            return try await write(ranges, of: file, fields, watch, with: writer)
        }
        try await write(file.length, isWhole: true, file.validators, "file", fields, watch, with: writer) {
            part, client in
            try await file.write(part, on: api.threads, past: socket(watch)) { try await client.write($0) }
        }
    }

    /// Writes the logs and files of a job.
    func write(
        _ archive: JobArchive, _ common: HTTPFields, _ watch: StallWatch, with writer: consuming ResponseWriter
    ) async throws {
        var fields = common
        fields.append(contentsOf: archive.fields)
        defer { api.memory.noteEnd() }
        try await write(HTTPResponse(status: .ok, headerFields: fields), with: writer) { _ in
            let client = ClientSocket(channel, watch)
            do {
                // Waits until the system has taken each piece, so that the next one is made only then.
                while let piece = try await archive.next() {
                    if piece.readableBytes > 0 { try await client.write(piece) }
                }
            } catch let error as SystemError {
                // The head is sent, so the client sees it only by the missing end.
                api.logger.error("\(request.uri.path) ends early: \(error)", metadata: ["job": "\(archive.id)"])
                throw error
            }
        }
    }

    /// Writes several parts of a file (RFC 9110 §14.6).
    private func write(
        _ ranges: [Range<Int>], of file: JobFile, _ common: HTTPFields, _ watch: StallWatch,
        with writer: consuming ResponseWriter
    ) async throws {
        var generator = SystemRandomNumberGenerator()
        let boundary = String(generator.next() as UInt64, radix: 36) + String(generator.next() as UInt64, radix: 36)
        let type = file.fields[.contentType] ?? "application/octet-stream"
        let heads = ranges.map { range in
            "\r\n--\(boundary)\r\nContent-Type: \(type)\r\n"
                + "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.length)\r\n\r\n"
        }
        let end = "\r\n--\(boundary)--\r\n"
        let total = heads.reduce(end.utf8.count) { $0 + $1.utf8.count } + ranges.reduce(0) { $0 + $1.count }
        var fields = common
        if let validators = file.validators { fields.append(contentsOf: validators.fields) }
        fields[.cacheControl] = "no-store"
        fields[.acceptRanges] = "bytes"
        fields[.contentType] = "multipart/byteranges; boundary=\(boundary)"
        fields[.contentLength] = String(total)
        let head = HTTPResponse(status: .partialContent, headerFields: fields)
        try await write(head, with: writer) { _ in
            let client = ClientSocket(channel, watch)
            for (head, range) in zip(heads, ranges) {
                try await client.write(ByteBuffer(string: head))
                try await file.write(range, on: api.threads, past: nil) { try await client.write($0) }
            }
            try await client.write(ByteBuffer(string: end))
        }
    }

    /// Writes the selected bytes of a file.
    ///
    /// - Parameters:
    ///   - length: the length in bytes; for a growing log, so far.
    ///   - isWhole: whether the file has its final length.
    ///   - what: the kind of file, for messages.
    ///   - content: writes a range of the bytes to the client; all of them for nil.
    private func write(
        _ length: Int, isWhole: Bool, _ validators: Validators?, _ what: String, _ common: HTTPFields,
        _ watch: StallWatch, with writer: consuming ResponseWriter,
        _ content: (Range<Int>?, ClientSocket) async throws -> Void
    ) async throws {
        var fields = common
        fields[.cacheControl] = "no-store"
        let selection: Selection
        do throws(APIError) {
            selection = try select(of: length, isWhole: isWhole, validators, what, &fields)
        } catch {
            return try await write(error, closing: false, watch, with: writer)
        }
        let part: Range<Int>?
        var status = HTTPResponse.Status.ok
        switch selection {
        case .known: return try await writer.writeResponse(HTTPResponse(status: .notModified, headerFields: fields))
        case .all: part = nil
        case .soFar: part = 0..<length
        case .part(let bytes): (part, status) = (bytes, .partialContent)
        }
        let head = HTTPResponse(status: status, headerFields: fields)
        try await write(head, with: writer) { _ in try await content(part, ClientSocket(channel, watch)) }
    }
}

extension LogStream {
    /// The header fields of a log that begins at an offset.
    static func fields(from start: Int) -> HTTPFields {
        // A proxy that buffers the response would delay it.
        [
            .contentType: "text/plain; charset=utf-8", .xContentTypeOptions: "nosniff", .xAccelBuffering: "no",
            .logStart: String(start),
        ]
    }
}

extension HTTPField.Name {
    /// The offset in the log of the body's first byte, if the query asks for a part.
    fileprivate static let logStart = HTTPField.Name("Log-Start")!
}
