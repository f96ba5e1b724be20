extension String {
    /// The text for quoting in an error message: at most 40 characters, with a question mark for those that a terminal
    /// or a log would interpret (control and format characters, separators except the space).
    var forMessage: String {
        var printable = String.UnicodeScalarView()
        for scalar in unicodeScalars.prefix(40) { printable.append(scalar.isPrintable ? scalar : "?") }
        return String(printable) + (unicodeScalars.dropFirst(40).isEmpty ? "" : "...")
    }

    /// The number with at least two digits.
    init(twoDigits number: Int) {
        self = number < 10 ? "0\(number)" : "\(number)"
    }
}

extension Unicode.Scalar {
    /// Whether it is safe to print: not a control or format character (U+202E reverses the text), not private or
    /// unassigned, not a line or paragraph separator.
    fileprivate var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: self == " "
        default: true
        }
    }
}

extension [String] {
    /// `a`, `a and b`, `a, b and c`.
    func joined(lastWord: String) -> String {
        guard let last, count > 1 else { return first ?? "" }
        return dropLast().joined(separator: ", ") + " \(lastWord) " + last
    }
}
