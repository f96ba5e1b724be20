/// Reads a multipart/form-data body (RFC 7578, RFC 2046 section 5.1.1) in chunks of any size.
///
/// Between two chunks it keeps at most a part's header and no data: a delimiter cut by the end of a chunk is remembered
/// by its matched length. Data is passed on as ranges of the chunk it came in.
///
/// Line ends are CRLF in delimiters and headers alike; a bare CR or LF in a header is an error. A line that begins with
/// the boundary and goes on with anything but blanks, `--` or its end is data.
public struct MultipartParser: Sendable {
    private enum State {
        /// In a part's data or in the preamble, with `matched` bytes of the delimiter seen. The first `implied` of them
        /// are never data: the line end before the first delimiter, or the one of a part's header.
        case content(matched: Int, implied: Int)
        /// After a whole delimiter that can still turn out to be data.
        case delimited(implied: Int)
        /// After a delimiter and one hyphen.
        case hyphen(implied: Int)
        /// In the blanks after a delimiter.
        case padding
        /// After the CR that follows a delimiter.
        case lineEnd
        /// In a part's header.
        case header
        /// After the closing delimiter.
        case epilogue
        /// After an error.
        case failed(FormError)
    }

    private let limits: FormLimits
    private let delimiter: Delimiter
    private var state = State.content(matched: 2, implied: 2)
    private var isInPart = false
    private var parts = 0
    private var header: [UInt8] = []
    /// Whether a line that could be a delimiter ends with a bare LF.
    private var hasBareLineFeed = false
    /// The index in `header` at which its last line begins.
    private var lineStart = 0

    /// A parser for the boundary of the Content-Type, without quotes.
    ///
    /// Throws `malformed` if it is not 1 to 70 printable ASCII characters, the last one not a space (RFC 2046 section
    /// 5.1.1).
    public init(boundary: [UInt8], limits: FormLimits = FormLimits()) throws(FormError) {
        guard let delimiter = Delimiter(boundary: boundary) else {
            throw FormError(.malformed, "The boundary of a multipart body is 1 to 70 printable ASCII characters.")
        }
        self.delimiter = delimiter
        self.limits = limits
    }

    /// The boundary in a Content-Type of multipart/form-data; nil for other types, and without exactly one boundary.
    public static func boundary(fromContentType contentType: String) -> [UInt8]? {
        guard let value = HeaderValue(contentType.utf8), value.word.elementsEqual("multipart/form-data".utf8) else {
            return nil
        }
        let boundaries = value.values(of: "boundary")
        return boundaries.count == 1 ? boundaries[0] : nil
    }

    /// Reads the next chunk of the body and passes the fields in it to the sink.
    ///
    /// Throws `malformed`, `unsupported`, `tooLarge`, `tooMany`, and the errors of the sink.
    public mutating func consume<Sink: FormSink & ~Copyable>(
        _ bytes: Span<UInt8>, into sink: inout Sink
    ) throws(FormError) {
        do throws(FormError) {
            var position = 0
            while position < bytes.count {
                try step(bytes, &position, &sink)
            }
        } catch {
            state = .failed(error)
            throw error
        }
    }

    /// Ends the body. Throws `malformed` if it was cut short, that is without its closing delimiter.
    public func finish() throws(FormError) {
        switch state {
        case .epilogue:
            return
        case .failed(let error):
            throw error
        case _ where hasBareLineFeed:
            throw FormError(
                .malformed, "The lines of the multipart body end with LF; delimiters and headers need CR LF.")
        default:
            throw FormError(.malformed, "The multipart body ends before its closing delimiter; send it again.")
        }
    }

    private mutating func step<Sink: FormSink & ~Copyable>(
        _ bytes: Span<UInt8>, _ position: inout Int, _ sink: inout Sink
    ) throws(FormError) {
        switch state {
        case .content(let matched, let implied) where matched > 0:
            try resume(matched, implied, bytes, &position, &sink)
        case .content:
            try scan(bytes, &position, &sink)
        case .delimited(let implied):
            try afterDelimiter(bytes[position], implied, &position, &sink)
        case .hyphen(let implied):
            try afterHyphen(bytes[position], implied, &position, &sink)
        case .padding:
            try afterPadding(bytes[position], &position)
        case .lineEnd:
            try beginHeader(bytes[position], &position)
        case .header:
            try readHeader(bytes, &position, &sink)
        case .epilogue:
            position = bytes.count
        case .failed(let error):
            throw error
        }
    }
}

extension MultipartParser {
    /// Continues a delimiter that began in an earlier chunk.
    private mutating func resume<Sink: FormSink & ~Copyable>(
        _ held: Int, _ implied: Int, _ bytes: Span<UInt8>, _ position: inout Int, _ sink: inout Sink
    ) throws(FormError) {
        let matched = delimiter.match(bytes, at: position, from: held)
        position += matched - held
        if matched == delimiter.count {
            state = .delimited(implied: implied)
        } else if position == bytes.count {
            state = .content(matched: matched, implied: implied)
        } else {
            state = .content(matched: 0, implied: 0)
            try deliver(delimiter.bytes.span.extracting(implied..<matched), &sink)
        }
    }

    /// Passes on data up to the next delimiter, or to a possible beginning of one at the end of the chunk.
    private mutating func scan<Sink: FormSink & ~Copyable>(
        _ bytes: Span<UInt8>, _ position: inout Int, _ sink: inout Sink
    ) throws(FormError) {
        let start = position
        let (end, matched) = delimiter.search(bytes, from: start)
        position = end + matched
        let isWhole = matched == delimiter.count
        state = isWhole ? .delimited(implied: 0) : .content(matched: matched, implied: 0)
        try deliver(bytes.extracting(start..<end), &sink)
    }

    private func deliver<Sink: FormSink & ~Copyable>(
        _ bytes: Span<UInt8>, _ sink: inout Sink
    ) throws(FormError) {
        if isInPart && !bytes.isEmpty { try sink.data(bytes) }
    }

    private mutating func afterDelimiter<Sink: FormSink & ~Copyable>(
        _ byte: UInt8, _ implied: Int, _ position: inout Int, _ sink: inout Sink
    ) throws(FormError) {
        switch byte {
        case UInt8(ascii: "-"):
            position += 1
            state = .hyphen(implied: implied)
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
            state = .padding
            try endPart(&sink)
        default:
            hasBareLineFeed = hasBareLineFeed || byte == UInt8(ascii: "\n")
            state = .content(matched: 0, implied: 0)
            try deliver(delimiter.bytes.span.extracting(implied...), &sink)
        }
    }

    private mutating func afterHyphen<Sink: FormSink & ~Copyable>(
        _ byte: UInt8, _ implied: Int, _ position: inout Int, _ sink: inout Sink
    ) throws(FormError) {
        if byte == UInt8(ascii: "-") {
            position += 1
            state = .epilogue
            try endPart(&sink)
        } else {
            state = .content(matched: 0, implied: 0)
            try deliver(delimiter.bytes.span.extracting(implied...), &sink)
            try deliver([UInt8(ascii: "-")].span, &sink)
        }
    }

    private mutating func afterPadding(_ byte: UInt8, _ position: inout Int) throws(FormError) {
        position += 1
        if byte == UInt8(ascii: "\r") {
            state = .lineEnd
        } else if !byte.isBlank {
            throw Self.noLineEnd
        }
    }

    private mutating func beginHeader(_ byte: UInt8, _ position: inout Int) throws(FormError) {
        guard byte == UInt8(ascii: "\n") else { throw Self.noLineEnd }
        guard parts < limits.fields else {
            throw FormError(.tooMany, "The form has more than \(limits.fields) fields; send fewer.")
        }
        position += 1
        parts += 1
        header.removeAll(keepingCapacity: true)
        lineStart = 0
        state = .header
    }

    private static let noLineEnd = FormError(
        .malformed, "A delimiter of the multipart body is not followed by a line end (CR LF).")

    private mutating func endPart<Sink: FormSink & ~Copyable>(_ sink: inout Sink) throws(FormError) {
        guard isInPart else { return }
        isInPart = false
        try sink.end()
    }
}

extension MultipartParser {
    /// Reads a header up to the empty line that ends it; then the part begins.
    private mutating func readHeader<Sink: FormSink & ~Copyable>(
        _ bytes: Span<UInt8>, _ position: inout Int, _ sink: inout Sink
    ) throws(FormError) {
        while position < bytes.count {
            try appendToHeader(bytes[position])
            position += 1
            guard header.last == UInt8(ascii: "\n") else { continue }
            if header.count - lineStart == 2 { return try beginPart(&sink) }
            lineStart = header.count
        }
    }

    private mutating func appendToHeader(_ byte: UInt8) throws(FormError) {
        guard header.count < limits.headerBytes else {
            throw FormError(.tooLarge, "The header of a part is longer than \(limits.headerBytes) bytes.")
        }
        guard (header.last == UInt8(ascii: "\r")) == (byte == UInt8(ascii: "\n")) else {
            throw FormError(.malformed, "A line in the header of a part does not end with CR LF.")
        }
        guard !byte.isControl || byte == 0x0D || byte == 0x0A || byte == 0x09 else {
            throw FormError(.malformed, "The header of a part has a control character.")
        }
        header.append(byte)
    }

    private mutating func beginPart<Sink: FormSink & ~Copyable>(_ sink: inout Sink) throws(FormError) {
        let part = try PartHeader(block: header)
        guard part.name.count <= limits.nameBytes else {
            throw FormError(.tooLarge, "The name of a field is longer than \(limits.nameBytes) bytes.")
        }
        // For an empty part, the line end of the header is also the one before the next delimiter.
        state = .content(matched: 2, implied: 2)
        isInPart = true
        try sink.begin(name: part.name, filename: part.filename)
    }
}
