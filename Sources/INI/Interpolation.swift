/// Replaces the references of one value, as `configparser.BasicInterpolation` does.
struct Interpolation {
    /// How deep references may nest (`configparser.MAX_INTERPOLATION_DEPTH`).
    static let maximumDepth = 10
    /// How long the result may become, in bytes.
    static let maximumBytes = 65_536
    /// The most references that are followed: nested ones multiply without making the text any longer.
    static let maximumReferences = 1_000

    let document: INIDocument
    let section: String
    let line: Int
    private var result = ""
    private var references = 0

    init(document: INIDocument, section: String, line: Int) {
        self.document = document
        self.section = section
        self.line = line
    }

    /// The text with its references replaced.
    mutating func expand(_ text: String) throws(INIError) -> String {
        result = ""
        try append(text, depth: 1)
        return result
    }

    private mutating func append(_ text: String, depth: Int) throws(INIError) {
        guard depth <= Interpolation.maximumDepth else {
            throw error("references are nested more than \(Interpolation.maximumDepth) deep")
        }
        var rest = text.unicodeScalars[...]
        while let percent = rest.firstIndex(of: "%") {
            try emit(rest[..<percent])
            rest = rest[percent...].dropFirst()
            switch rest.first {
            case "%":
                try emit(rest.prefix(1))
                rest = rest.dropFirst()
            case "(":
                try follow(try reference(&rest), depth: depth)
            default:
                throw error("a % must be followed by % or by (; write %% for a percent sign")
            }
        }
        try emit(rest)
    }

    /// Takes `(key)s` off the front.
    private func reference(_ rest: inout Substring.UnicodeScalarView) throws(INIError) -> String {
        guard let close = rest.firstIndex(of: ")") else { throw error("%( lacks its )s") }
        let key = String(rest[..<close].dropFirst())
        rest = rest[close...].dropFirst()
        guard !key.isEmpty, rest.first == "s" else { throw error("a reference is written %(key)s") }
        rest = rest.dropFirst()
        return key
    }

    private mutating func follow(_ key: String, depth: Int) throws(INIError) {
        references += 1
        guard references <= Interpolation.maximumReferences else {
            throw error("more than \(Interpolation.maximumReferences) references are in one value")
        }
        guard let entry = document.entry(section: section, key: key) else {
            throw error("%(\(key))s refers to a key that does not exist")
        }
        try append(entry.text, depth: depth + 1)
    }

    private mutating func emit(_ piece: Substring.UnicodeScalarView) throws(INIError) {
        result.unicodeScalars.append(contentsOf: piece)
        guard result.utf8.count <= Interpolation.maximumBytes else {
            throw error("with its references replaced, the value is longer than \(Interpolation.maximumBytes) bytes")
        }
    }

    private func error(_ message: String) -> INIError {
        INIError(line: line, message: message)
    }
}
