internal import SpoolModel

/// Why a value is invalid: a sentence that gives the valid form.
struct ValueError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The parsers of values, as users write them.
package enum Value {
    /// The booleans of `configparser`: `on`, `off`, `yes`, `no`, `true`, `false`, `1` and `0`.
    static func truth(_ text: String) throws(ValueError) -> Bool {
        switch text.lowercased() {
        case "1", "yes", "true", "on": return true
        case "0", "no", "false", "off": return false
        default: throw ValueError("`\(text)` is neither `on` nor `off`")
        }
    }

    /// A whole number.
    static func number(_ text: String, in range: ClosedRange<Int>) throws(ValueError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw ValueError("`\(text)` is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Seconds: `90`, `90s`, `5m`, `2h`.
    static func seconds(_ text: String, in range: ClosedRange<Int>) throws(ValueError) -> Int {
        guard let seconds = scaled(text, by: ["": 1, "s": 1, "m": 60, "h": 3600]), range.contains(seconds) else {
            throw ValueError(
                "`\(text)` is not a duration from \(range.lowerBound) to \(range.upperBound) seconds; "
                    + "write 90, 90s, 5m or 2h")
        }
        return seconds
    }

    /// The word for a limit that there is not.
    static let off = "off"

    /// A limit, or nil for `off`.
    static func unlessOff<Limit>(
        _ text: String, _ read: (String) throws -> Limit
    ) throws -> Limit? {
        text.lowercased() == off ? nil : try read(text)
    }

    /// Seconds of a long time: `30d`, `12h`, up to 100 years. A number without a unit, other than 0, is invalid: it may
    /// be meant as days.
    static func age(_ text: String) throws(ValueError) -> Int {
        let units = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        if let number = scaled(text, by: ["": 1]) {
            guard number != 0 else { return 0 }
            throw ValueError("`\(text)` has no unit; write \(number)d for days, or a number with h, m or s")
        }
        guard let seconds = scaled(text, by: units), seconds <= 36_500 * 86_400 else {
            throw ValueError("`\(text)` is neither a time up to 36500d nor off; write 30d, 12h, 90m or 600s")
        }
        return seconds
    }

    /// The same, without `off` as another way to write it; nil for any other text.
    package static func ageIfValid(_ text: String) -> Int? {
        // The caller says what it takes.
        try? age(text)
    }

    /// A time in the largest unit that it is a whole number of, or `off`.
    static func text(ofAge seconds: Int?) -> String {
        guard let seconds else { return off }
        for (letter, unit) in [("d", 86_400), ("h", 3600), ("m", 60)] where seconds > 0 && seconds % unit == 0 {
            return "\(seconds / unit)\(letter)"
        }
        return "\(seconds)s"
    }

    /// Bytes: `1000000`, `64K`, `512M`, `2G`, `1T`, powers of 1024, with or without `iB` or `B`.
    static func bytes(_ text: String, in range: ClosedRange<Int>) throws(ValueError) -> Int {
        var units: [String: Int] = ["": 1, "b": 1]
        for (power, letter) in ["k", "m", "g", "t"].enumerated() {
            for suffix in ["", "b", "ib"] { units[letter + suffix] = 1 << (10 * (power + 1)) }
        }
        guard let bytes = scaled(text, by: units), range.contains(bytes) else {
            throw ValueError("`\(text)` is not a size; write bytes, or a number with K, M, G or T, such as 512M")
        }
        return bytes
    }

    /// Bytes of the room for finished jobs, at least 1 MiB: a smaller number has lost its unit.
    static func room(_ text: String) throws(ValueError) -> Int {
        let bytes = try bytes(text, in: 0...(1 << 60))
        guard bytes >= 1 << 20 else {
            throw ValueError("`\(text)` is less than 1M; write a size with its unit, such as 20G, or off")
        }
        return bytes
    }

    /// A number of bytes in the largest unit that it is a whole number of.
    static func text(ofBytes bytes: Int) -> String {
        for (power, letter) in ["T", "G", "M", "K"].enumerated() {
            let unit = 1 << (10 * (4 - power))
            if bytes > 0, bytes % unit == 0 { return "\(bytes / unit)\(letter)" }
        }
        return "\(bytes)"
    }

    /// One of the given words, in lower case.
    static func word(_ text: String, of words: [String]) throws(ValueError) -> String {
        guard words.contains(text.lowercased()) else {
            throw ValueError("`\(text)` is none of \(words.joined(separator: ", "))")
        }
        return text.lowercased()
    }

    /// The policy for copied spools.
    static func holdCopies(_ text: String) throws(ValueError) -> HoldCopies {
        guard let policy = HoldCopies(rawValue: text.lowercased()) else {
            throw ValueError("`\(text)` is none of known, doubtful and never")
        }
        return policy
    }

    /// The overlap policy.
    static func overlap(_ text: String) throws(ValueError) -> Overlap {
        guard let overlap = Overlap(rawValue: text.lowercased()) else {
            throw ValueError("`\(text)` is none of allow, skip and queue")
        }
        return overlap
    }

    /// An executor.
    static func executor(_ text: String) throws(ValueError) -> Executor {
        guard let executor = Executor(rawValue: text.lowercased()) else {
            throw ValueError("`\(text)` is neither local nor slurm")
        }
        return executor
    }

    /// The executors of projects: `project:slurm other:local`.
    static func executors(_ text: String) throws(ValueError) -> [ProjectName: Executor] {
        var executors: [ProjectName: Executor] = [:]
        for word in list(text) {
            guard let colon = word.lastIndex(of: ":"), let project = ProjectName(String(word[..<colon])) else {
                throw ValueError("`\(word)` is not a project and its executor; write project:slurm")
            }
            executors[project] = try executor(String(word[word.index(after: colon)...]))
        }
        return executors
    }

    /// A single word, or the empty text.
    static func word(_ text: String) throws(ValueError) -> String {
        guard !text.contains(where: \.isWhitespace), !text.hasPrefix("-") else {
            throw ValueError("`\(text)` is not a name")
        }
        return text
    }

    /// The catch-up policy.
    static func catchUp(_ text: String) throws(ValueError) -> CatchUp {
        guard let catchUp = CatchUp(text.lowercased()) else {
            throw ValueError("`\(text)` is none of none, one and a number up to \(CatchUp.limit)")
        }
        return catchUp
    }

    /// A path or a name.
    static func path(_ text: String) throws(ValueError) -> String {
        guard !text.isEmpty, !text.utf8.contains(0) else { throw ValueError("a path is missing") }
        return text
    }

    /// A command line, or the empty text for none.
    static func command(_ text: String) throws(ValueError) -> [String] {
        do throws(CommandWords.Flaw) {
            let words = try CommandWords.words(of: text)
            guard words.first != "" else {
                throw CommandWords.Flaw(description: "the first word, the program, is empty")
            }
            return words
        } catch {
            throw ValueError("`\(text)` is not a command line: \(error)")
        }
    }

    /// Words with white space or commas between them.
    static func list(_ text: String) -> [String] {
        text.split(whereSeparator: { $0.isWhitespace || $0 == "," }).map(String.init)
    }

    /// Names of Python modules, each once, at most 32.
    static func modules(_ text: String) throws(ValueError) -> [ModuleName] {
        var modules: [ModuleName] = []
        for word in list(text) {
            guard let name = ModuleName(word) else {
                throw ValueError("`\(word)` is not the name of a Python module, such as lxml.html")
            }
            if !modules.contains(name) { modules.append(name) }
        }
        guard modules.count <= 32 else { throw ValueError("there are \(modules.count) modules; at most 32 are loaded") }
        return modules
    }

    /// Origins (RFC 6454 §6.1).
    static func origins(_ text: String) throws(ValueError) -> [String] {
        let origins = list(text)
        for origin in origins {
            let host = origin.split(separator: "://", maxSplits: 1).last ?? ""
            guard origin.hasPrefix("https://") || origin.hasPrefix("http://"), !host.isEmpty, !host.contains("/") else {
                throw ValueError("`\(origin)` is not an origin; write https://example.org, without a path")
            }
        }
        return origins
    }

    /// Addresses with white space or commas between them.
    static func interfaces(_ text: String) throws(ValueError) -> [Interface] {
        var interfaces: [Interface] = []
        for word in list(text) {
            guard let interface = Interface(word) else {
                throw ValueError(
                    "`\(word)` is not an address to listen at; write 127.0.0.1:7654, [::1]:7654 or unix:/path")
            }
            if !interfaces.contains(interface) { interfaces.append(interface) }
        }
        guard !interfaces.isEmpty else {
            throw ValueError("an address to listen at is missing, such as 127.0.0.1:7654")
        }
        return interfaces
    }

    /// Addresses, or none.
    static func interfacesIfAny(_ text: String) throws(ValueError) -> [Interface] {
        list(text).isEmpty ? [] : try interfaces(text)
    }

    /// The name of a user of Basic authentication (RFC 7617 §2).
    static func user(_ text: String) throws(ValueError) -> String {
        guard !text.contains(":") else { throw ValueError("`\(text)` has a colon, which ends the name of a user") }
        return text
    }

    /// A number with a unit of a table, or nil when it is none or too large.
    private static func scaled(_ text: String, by units: [String: Int]) -> Int? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        guard let number = Int(digits), let factor = units[unit] else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}
