import Forms

/// What came of a body: the complete fields, and the error, if there was one.
struct Outcome: Hashable, CustomStringConvertible {
    var fields: [Field]
    var error: FormError.Code?
    var isMisused = false

    var description: String {
        "\(fields)" + (error.map { " error \($0)" } ?? "") + (isMisused ? " misused" : "")
    }
}

let urlEncoded = "application/x-www-form-urlencoded"

/// Feeds a body cut at the given places, which are in order.
func feed(_ body: [UInt8], _ contentType: String, cuts: [Int], limits: FormLimits = FormLimits()) -> Outcome {
    var sink = RecordingSink()
    do throws(FormError) {
        guard var parser = try FormBody(contentType: contentType, limits: limits) else {
            return Outcome(fields: [], error: .unsupported)
        }
        var start = 0
        for end in cuts + [body.count] {
            try parser.consume(body.span.extracting(start..<end), into: &sink)
            start = end
        }
        try parser.finish(into: &sink)
        return Outcome(fields: sink.fields, isMisused: sink.isMisused || sink.current != nil)
    } catch {
        return Outcome(fields: sink.fields, error: error.code, isMisused: sink.isMisused)
    }
}

/// The different outcomes of a body fed whole, byte by byte and in two at every place: one, if the parser is right.
func outcomes(_ body: [UInt8], _ contentType: String, limits: FormLimits = FormLimits()) -> Set<Outcome> {
    var outcomes: Set = [
        feed(body, contentType, cuts: [], limits: limits),
        feed(body, contentType, cuts: Array(body.indices), limits: limits),
    ]
    for cut in 0...body.count {
        outcomes.insert(feed(body, contentType, cuts: [cut], limits: limits))
    }
    return outcomes
}

/// A generator that makes the same numbers from the same seed (Steele, Lea and Flood, "SplitMix64").
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Up to eight places to cut a body at, in order; some chunks are empty.
func randomCuts(of body: [UInt8], using generator: inout SeededGenerator) -> [Int] {
    (0..<Int.random(in: 0...8, using: &generator))
        .map { _ in Int.random(in: 0...body.count, using: &generator) }
        .sorted()
}
