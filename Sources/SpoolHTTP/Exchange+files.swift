internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

extension Exchange {
    /// What goes out of a file's bytes.
    private enum Selection {
        /// All of them, and what comes.
        case all
        /// These, and no more.
        case part(Range<Int>)
        /// None: the client has them.
        case known
    }

    /// Chooses what a client gets by its conditions and its Range (RFC 9110 §13, §14), and says so in the fields.
    ///
    /// - Parameters:
    ///   - length: how many bytes there are; of a log that grows, so far.
    ///   - isWhole: whether no more come.
    ///   - what: the file in a word, for messages.
    private func select(
        of length: Int, isWhole: Bool, _ validators: Validators?, _ what: String, _ fields: inout HTTPFields
    ) throws(APIError) -> Selection {
        if let validators {
            fields.append(contentsOf: validators.fields)
            if validators.areKnown(by: request.headers) { return .known }
        }
        fields[.acceptRanges] = "bytes"
        // With a condition that cannot be told to hold all is sent.
        let range = Validators.allowRange(validators, of: request.headers) ? request.headers[.range] : nil
        switch ByteRange.outcome(of: range, length: length) {
        case .all:
            if isWhole { fields[.contentLength] = String(length) }
            return .all
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

    /// Writes a log, which goes on as long as its job unless a part is asked for.
    func write(
        _ log: LogStream, _ common: HTTPFields, _ watch: StallWatch, with writer: consuming ResponseWriter
    ) async throws {
        var fields = common
        fields[.contentType] = "text/plain; charset=utf-8"
        fields[.xContentTypeOptions] = "nosniff"
        // A proxy that gathers what comes would make it late.
        fields[.xAccelBuffering] = "no"
        fields[.logStart] = String(log.start)
        try await write(
            log.length ?? log.available, isWhole: log.length != nil, log.validators, "log", fields, watch, with: writer
        ) { part, client in
            let isFollowed = log.length == nil && part == nil
            if isFollowed { ClientSocket.limitQueue(of: channel) }
            defer { if isFollowed { api.memory.noteEnd() } }
            // Each piece is waited for until the system has taken it, so that no second one is kept.
            try await log.write(part, on: api.threads, past: socket(watch)) { try await client.write($0) }
        }
    }

    /// Writes a file of a job's.
    func write(
        _ file: JobFile, _ common: HTTPFields, _ watch: StallWatch, with writer: consuming ResponseWriter
    ) async throws {
        var fields = common
        fields.append(contentsOf: file.fields)
        try await write(file.length, isWhole: true, file.validators, "file", fields, watch, with: writer) {
            part, client in
            try await file.write(part, on: api.threads, past: socket(watch)) { try await client.write($0) }
        }
    }

    /// Writes what a client gets of a file's bytes.
    ///
    /// - Parameters:
    ///   - length: how many bytes there are; of a log that grows, so far.
    ///   - isWhole: whether no more come.
    ///   - what: the file in a word, for messages.
    ///   - content: writes a part of the bytes to the client; all for nil.
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
        switch selection {
        case .known: return try await writer.writeResponse(HTTPResponse(status: .notModified, headerFields: fields))
        case .all: part = nil
        case .part(let bytes): part = bytes
        }
        let head = HTTPResponse(status: part == nil ? .ok : .partialContent, headerFields: fields)
        try await write(head, with: writer) { _ in try await content(part, ClientSocket(channel, watch)) }
    }
}

extension HTTPField.Name {
    /// The offset in the log of the body's first byte, where the query has asked for a part.
    fileprivate static let logStart = HTTPField.Name("Log-Start")!
}
