import Forms

/// What a sink was told of a form.
struct FormReading: Equatable, FormSink {
    /// A field that was begun.
    struct Field: Equatable {
        var name: [UInt8]
        var filename: [UInt8]?
        var value: [UInt8] = []
    }

    private(set) var fields: [Field] = []
    private var isOpen = false
    /// A call in an order, or with data, that `FormSink` rules out.
    private(set) var isMisused = false
    private(set) var error: FormError.Code?

    /// Reads a body in chunks that end at the cuts, which are in order.
    init(_ body: [UInt8], contentType: String, cuts: [Int]) {
        do throws(FormError) {
            let limits = FormLimits(fields: 20, nameBytes: 64, headerBytes: 512)
            guard var parser = try FormBody(contentType: contentType, limits: limits) else { return }
            var start = 0
            for end in cuts + [body.count] {
                try parser.consume(body.span.extracting(start..<end), into: &self)
                start = end
            }
            try parser.finish(into: &self)
            isMisused = isMisused || isOpen
        } catch {
            self.error = error.code
            // How much of a value came before the error is a matter of chunks.
            if isOpen { fields.removeLast() }
            isOpen = false
        }
    }

    mutating func begin(name: [UInt8], filename: [UInt8]?) throws(FormError) {
        isMisused = isMisused || isOpen
        isOpen = true
        fields.append(Field(name: name, filename: filename))
    }

    mutating func data(_ bytes: Span<UInt8>) throws(FormError) {
        guard isOpen, !bytes.isEmpty else {
            isMisused = true
            return
        }
        for index in bytes.indices { fields[fields.count - 1].value.append(bytes[index]) }
    }

    mutating func end() throws(FormError) {
        isMisused = isMisused || !isOpen
        isOpen = false
    }

    /// What is wrong with the reading of a body: it depends on where it is cut.
    static func flaw(_ body: [UInt8], contentType: String) -> String? {
        let whole = FormReading(body, contentType: contentType, cuts: [])
        if whole.isMisused { return "calls out of order: \(whole)" }
        var generator = SeededGenerator(of: body)
        var ways = [Array(body.indices)]
        for _ in 0..<4 {
            let count = Int.random(in: 1...8, using: &generator)
            ways.append((0..<count).map { _ in Int.random(in: 0...body.count, using: &generator) }.sorted())
        }
        for cuts in ways {
            let reading = FormReading(body, contentType: contentType, cuts: cuts)
            if reading != whole { return "whole: \(whole), cut at \(cuts): \(reading)" }
        }
        return nil
    }
}
