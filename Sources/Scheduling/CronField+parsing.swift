extension CronField {
    /// Parses a list of values, ranges and steps: `*`, `*/5`, `1-5`, `mon-fri`, `0,30`, `10-20/2`, `3/4` (from 3 on).
    init(parsing text: String, as kind: Kind) throws(SchedulingSpecError) {
        var values: Set<Int> = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard !item.isEmpty else {
                let first = kind.range.lowerBound
                throw SchedulingSpecError(
                    "\"\(text.forMessage)\" has a comma too many: write it as in \"\(first),\(first + 2)\"")
            }
            for value in try Self.values(of: String(item), as: kind) {
                values.insert(kind.range.upperBound == 7 ? value % 7 : value)
            }
        }
        self.init(values: values.sorted(), isStar: text.hasPrefix("*"))
    }

    private static func values(of item: String, as kind: Kind) throws(SchedulingSpecError) -> StrideThrough<Int> {
        let parts = item.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2 else { throw mismatch(item, kind) }
        var step = 1
        if parts.count == 2 {
            guard let number = number(parts[1]), number >= 1 else {
                throw SchedulingSpecError("the step of \"\(item.forMessage)\" has to be 1 or more, as in \"*/5\"")
            }
            step = number
        }
        let bounds = try bounds(of: parts[0], hasStep: parts.count == 2, as: kind)
        return stride(from: bounds.lowerBound, through: bounds.upperBound, by: step)
    }

    private static func bounds(
        of text: String, hasStep: Bool, as kind: Kind
    ) throws(SchedulingSpecError) -> ClosedRange<Int> {
        // In `*` Sunday is 0; 7 would repeat it.
        let last = min(kind.range.upperBound, kind.range.upperBound == 7 ? 6 : Int.max)
        if text == "*" { return kind.range.lowerBound...last }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard ends.count <= 2, var low = value(ends[0], as: kind) else { throw mismatch(text, kind) }
        guard ends.count == 2 else { return low...(hasStep ? max(last, low) : low) }
        guard var high = value(ends[1], as: kind) else { throw mismatch(text, kind) }
        // Sunday has two numbers: at the end of a range 0 means 7, and at its beginning 7 means 0.
        if kind.range.upperBound == 7, high == 0, low > 0 { high = 7 }
        if kind.range.upperBound == 7, low == 7, high < 7 { low = 0 }
        guard low <= high else {
            var turn = ("\(last)", "\(kind.range.lowerBound)")
            if number(ends[0]) == nil, let first = kind.names.first, let last = kind.names.last { turn = (last, first) }
            throw SchedulingSpecError(
                "the range \"\(text.forMessage)\" goes down: "
                    + "write two, as in \"\(ends[0])-\(turn.0),\(turn.1)-\(ends[1])\"")
        }
        return low...high
    }

    private static func value(_ text: String, as kind: Kind) -> Int? {
        if let index = kind.names.firstIndex(of: text) { return kind.range.lowerBound + index }
        guard let number = number(text), kind.range.contains(number) else { return nil }
        return number
    }

    /// One to three ASCII digits.
    private static func number(_ text: String) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy(\.isASCIIDigit) else { return nil }
        return Int(text)
    }

    private static func mismatch(_ text: String, _ kind: Kind) -> SchedulingSpecError {
        let names = kind.names.isEmpty ? "" : " or \(kind.names[0]) to \(kind.names[kind.names.count - 1])"
        return SchedulingSpecError(
            "\"\(text.forMessage)\" is not a \(kind.name): "
                + "use \(kind.range.lowerBound) to \(kind.range.upperBound)\(names), a range, a list or \"*\"")
    }
}
