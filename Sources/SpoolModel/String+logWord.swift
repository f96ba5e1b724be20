extension String {
    /// The text as one word of a log line, for untrusted input: unchanged if it consists of plain characters, otherwise
    /// quoted with escapes. It is cut after 64 Unicode scalars.
    public var logWord: String {
        let start = unicodeScalars.prefix(64)
        let isCut = start.endIndex < unicodeScalars.endIndex
        guard isCut || isEmpty || !start.allSatisfy(\.isPlain) else { return self }
        var word = "\""
        for scalar in start {
            if scalar.isPlain || scalar == " " || scalar == "=" {
                word.unicodeScalars.append(scalar)
            } else if scalar == "\"" || scalar == "\\" {
                word += "\\\(scalar)"
            } else {
                word += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return word + (isCut ? "…\"" : "\"")
    }
}

extension Unicode.Scalar {
    /// Whether the scalar is visible and neither separates words nor belongs to the syntax of quoting and `key=value`.
    fileprivate var isPlain: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            false
        default: self != "\"" && self != "\\" && self != "="
        }
    }
}
