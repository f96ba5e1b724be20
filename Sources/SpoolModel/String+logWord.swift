extension String {
    /// The text as one word of a line of the log, whatever a stranger has put into it: as it is when nothing in it can be
    /// mistaken for something else, otherwise in quotes with escapes; cut after 64 characters.
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
    /// Whether it shows as itself and is not used to put words or values apart.
    fileprivate var isPlain: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            false
        default: self != "\"" && self != "\\" && self != "="
        }
    }
}
