/// The part of a file that a client requests by the header field Range (RFC 9110 §14).
enum ByteRange {
    /// The meaning of the field for a file of a given length.
    enum Outcome: Equatable {
        /// The whole file: the field is absent, or may be ignored (another unit, several ranges, a syntax error).
        case all
        /// These bytes.
        case part(Range<Int>)
        /// The file has no such bytes.
        case unsatisfiable
    }

    /// Reads the field.
    ///
    /// - Parameter length: the length of the file in bytes.
    static func outcome(of field: String?, length: Int) -> Outcome {
        guard let field, field.lowercased().hasPrefix("bytes=") else { return .all }
        let parts = field.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            .map { $0.filter { $0 != " " } }
        guard parts.count == 2, let first = number(parts[0]), let last = number(parts[1]) else { return .all }
        switch (first, last) {
        case (nil, nil): return .all
        case (nil, let count?):
            return count > 0 && length > 0 ? .part(max(0, length - count)..<length) : .unsatisfiable
        case (let start?, let end):
            if let end, end < start { return .all }
            guard start < length else { return .unsatisfiable }
            return .part(start..<min(length, end.map { $0 == .max ? $0 : $0 + 1 } ?? length))
        }
    }

    /// The ranges of a field that lists several, in its order, without those past the end; nil for anything else, for more than
    /// ``mostRanges``, and for more bytes together than twice the file. None if all are past the end.
    static func several(in field: String?, length: Int) -> [Range<Int>]? {
        guard let field, field.lowercased().hasPrefix("bytes=") else { return nil }
        let specs = field.dropFirst(6).split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
        guard (2...mostRanges).contains(specs.count) else { return nil }
        var ranges: [Range<Int>] = []
        for spec in specs {
            switch outcome(of: "bytes=\(spec)", length: length) {
            case .all: return nil
            case .part(let range): ranges.append(range)
            case .unsatisfiable: continue
            }
        }
        let total = ranges.reduce(0) { $0 + Double($1.count) }
        return total <= 2 * Double(length) ? ranges : nil
    }

    /// The most ranges that one answer has.
    private static let mostRanges = 50

    /// A number; nil within the optional if absent, nil for an invalid one. A number too large for Int is `Int.max`.
    private static func number(_ text: String) -> Int?? {
        guard !text.isEmpty else { return .some(nil) }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text) ?? .max
    }
}
