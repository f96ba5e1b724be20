/// Reads an application/x-www-form-urlencoded body (WHATWG URL section 5.1), or a query string, in chunks of any size.
///
/// `&` and `;` separate fields, and a field's name ends at its first `=`. A name without `=` is never delivered, but
/// remarked on; empty names and values are delivered. Invalid escapes are kept unchanged. Between two chunks it keeps the name being read and the
/// beginning of an escape.
public struct URLEncodedParser: Sendable {
    /// The most decoded bytes that are passed on at once.
    private static let batch = 32_768

    private let limits: FormLimits
    private var decoder = PercentDecoder()
    /// A buffer for decoded bytes; it holds nothing between two calls.
    private var output: [UInt8] = []
    private var name: [UInt8] = []
    private var isInValue = false
    private var fields = 0
    /// Whether the current field or name began after `;`.
    private var isAfterSemicolon = false
    /// What was read so far besides fields.
    public private(set) var remarks = FormRemarks()
    private var failure: FormError?

    /// A parser at the beginning of a body.
    public init(limits: FormLimits = FormLimits()) {
        self.limits = limits
    }

    /// Reads the next chunk of the body and passes the fields in it to the sink.
    ///
    /// Throws `tooLarge`, `tooMany`, and the errors of the sink.
    public mutating func consume<Sink: FormSink & ~Copyable>(
        _ bytes: Span<UInt8>, into sink: inout Sink
    ) throws(FormError) {
        if let failure { throw failure }
        do throws(FormError) {
            makeRoom(for: bytes.count)
            var position = 0
            while try step(bytes, &position, &sink) {}
        } catch {
            failure = error
            throw error
        }
    }

    /// Ends the body: the sink gets the end of the last field.
    ///
    /// Throws `tooLarge`, the errors of the sink, and the error of an earlier call.
    public mutating func finish<Sink: FormSink & ~Copyable>(into sink: inout Sink) throws(FormError) {
        if let failure { throw failure }
        do throws(FormError) {
            makeRoom(for: 0)
            var written = 0
            decoder.flush(into: &output, &written)
            try deliver(written, &sink)
            try endField(&sink)
        } catch {
            failure = error
            throw error
        }
    }

    /// Reads up to the next stop; false at the end of the chunk.
    private mutating func step<Sink: FormSink & ~Copyable>(
        _ bytes: Span<UInt8>, _ position: inout Int, _ sink: inout Sink
    ) throws(FormError) -> Bool {
        var written = 0
        let isInName = !isInValue
        let stop = decoder.decode(bytes, &position, into: &output, &written, stoppingAtEquals: isInName)
        try deliver(written, &sink)
        switch stop {
        case .end: return false
        case .full: break
        case .separator:
            try endField(&sink)
            isAfterSemicolon = bytes[position - 1] == UInt8(ascii: ";")
            if isAfterSemicolon { remarks.noteSemicolon() }
        case .equals: try beginField(&sink)
        }
        return true
    }

    /// Enough, because a chunk decodes to at most its own length plus the held bytes.
    private mutating func makeRoom(for count: Int) {
        let wanted = min(count, Self.batch) + PercentDecoder.room
        if output.count < wanted { output = [UInt8](repeating: 0, count: wanted) }
    }

    /// Passes on the first `count` bytes of the output: to the name or to the sink.
    private mutating func deliver<Sink: FormSink & ~Copyable>(
        _ count: Int, _ sink: inout Sink
    ) throws(FormError) {
        guard count > 0 else { return }
        if isInValue { return try sink.data(output.span.extracting(..<count)) }
        guard limits.nameBytes - name.count >= count else {
            guard name.first ?? output[0] != UInt8(ascii: "{") else {
                throw FormError(.tooLarge, "The body looks like JSON, which needs \"Content-Type: application/json\".")
            }
            throw FormError(
                .tooLarge,
                "The name of a field is longer than \(limits.nameBytes) bytes; is the body name=value, with %26 and %3B for"
                    + " & and ; in values?")
        }
        name += output[..<count]
    }

    private mutating func beginField<Sink: FormSink & ~Copyable>(_ sink: inout Sink) throws(FormError) {
        guard fields < limits.fields else {
            throw FormError(.tooMany, "The form has more than \(limits.fields) fields; send fewer.")
        }
        fields += 1
        isInValue = true
        try sink.begin(name: name, filename: nil)
    }

    private mutating func endField<Sink: FormSink & ~Copyable>(_ sink: inout Sink) throws(FormError) {
        guard isInValue else {
            remarks.note(name, isAfterSemicolon: isAfterSemicolon)
            return name.removeAll(keepingCapacity: true)
        }
        name.removeAll(keepingCapacity: true)
        isInValue = false
        try sink.end()
    }
}
