internal import SpoolModel

extension SchedulingSpec {
    /// Parses a spec of at most 256 bytes. `now` is exactly that word. The words of other specs are separated by any
    /// white space, in upper or lower case except for the zone's name.
    public init(parsing text: String) throws(SchedulingSpecError) {
        guard text.utf8.count <= 256 else {
            throw SchedulingSpecError("the scheduling spec has \(text.utf8.count) bytes; 256 is the most")
        }
        if text == "now" {
            self.init(series: .now)
            return
        }
        let words = text.words
        let lowered = words.map { $0.lowercased() }
        let end = lowered.firstIndex { $0 == "in" || $0 == "with" } ?? words.count
        // A spec that begins with a suffix is rejected for its first word, like any other.
        let series = try Self.series(end == 0 ? lowered[...] : lowered[..<end])
        var suffixes = SuffixParser(words: words[end...])
        try suffixes.parse()
        self.init(series: series, jitter: suffixes.jitter, zoneName: suffixes.zoneName)
    }

    private static func series(_ words: ArraySlice<String>) throws(SchedulingSpecError) -> Series {
        let known = "a scheduling spec is \"now\" or begins with \"every\", \"cron\" or \"at\""
        switch words.first {
        case "every": return .interval(try Interval(words: words.dropFirst()))
        case "cron": return .cron(try Cron(words: words.dropFirst()))
        case "at": return .once(try date(Array(words.dropFirst())))
        case "now": throw SchedulingSpecError("\"now\" has to stand alone, in lower case and without spaces")
        case let word?:
            // A line of a crontab, pasted without `cron`.
            let isCron = (try? Cron(words: words)) != nil
            let advice = isCron ? ": did you mean \"cron \(words.joined(separator: " ").forMessage)\"?" : ""
            throw SchedulingSpecError("\(known), not with \"\(word.forMessage)\"\(advice)")
        case nil: throw SchedulingSpecError("\(known); this one is empty")
        }
    }

    private static func date(_ words: [String]) throws(SchedulingSpecError) -> CivilTime {
        let example = "as in \"at 2030-12-24 18:30\""
        guard words.count == 2 else {
            throw SchedulingSpecError("\"at\" is followed by a date and a time, \(example)")
        }
        guard let date = CivilTime(date: words[0]) else {
            throw SchedulingSpecError("\"\(words[0].forMessage)\" is not a date, \(example)")
        }
        guard let time = TimeOfDay(text: words[1]) else {
            throw SchedulingSpecError("\"\(words[1].forMessage)\" is not a time from 00:00 to 23:59:59, \(example)")
        }
        return time.on(date)
    }
}

extension String {
    /// The words separated by white space, in the sense of Python's `str.split`.
    fileprivate var words: [String] {
        unicodeScalars.split { $0.properties.isWhitespace || (0x1C...0x1F).contains($0.value) }.map { String($0) }
    }
}

/// Parses the suffixes of all specs but `now`: a zone and a jitter, in either order.
private struct SuffixParser {
    private var words: ArraySlice<String>
    private(set) var zoneName: String?
    private(set) var jitter: Jitter?

    init(words: ArraySlice<String>) {
        self.words = words
    }

    mutating func parse() throws(SchedulingSpecError) {
        while let word = words.popFirst() {
            switch word.lowercased() {
            case "in" where zoneName == nil: zoneName = try zone()
            case "with" where jitter == nil: jitter = try delay()
            case "in", "with": throw SchedulingSpecError("\"\(word)\" occurs twice; leave one of them out")
            default:
                throw SchedulingSpecError(
                    "\"\(word.forMessage)\" is a word too many: \"in AREA/CITY\" and \"with jitter N UNIT\" come last")
            }
        }
    }

    private mutating func zone() throws(SchedulingSpecError) -> String {
        guard let name = words.popFirst() else {
            throw SchedulingSpecError("\"in\" lacks a time zone, as in \"in Europe/Warsaw\"")
        }
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isName = parts.allSatisfy { part in
            !part.isEmpty && part.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "_+-".utf8.contains($0) }
        }
        guard isName else {
            throw SchedulingSpecError("\"\(name.forMessage)\" is not the name of a time zone, such as Europe/Warsaw")
        }
        return name
    }

    private mutating func delay() throws(SchedulingSpecError) -> Jitter {
        let example = "write \"with jitter 5 minutes\""
        guard words.popFirst()?.lowercased() == "jitter", let number = words.popFirst(),
            let word = words.popFirst()?.lowercased(), case .value(let count)? = PythonInteger(number)
        else { throw SchedulingSpecError("\"with\" is followed by a jitter, its number and its unit: \(example)") }
        guard let unit = TimeUnit.allCases.first(where: { $0.rawValue == word || $0.singular == word && count == 1 })
        else { throw SchedulingSpecError("\"\(word.forMessage)\" is not a unit of \(count): \(example)") }
        guard (1...unit.most).contains(count) else {
            throw SchedulingSpecError("a jitter of \(count) \(unit.rawValue) is out of range: use 1 to \(unit.most)")
        }
        return Jitter(count: count, unit: unit)
    }
}
