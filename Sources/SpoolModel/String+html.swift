extension String {
    /// The text in HTML, also within the quotes of an attribute (HTML §13.1.4). By Unicode scalars: a mark after a quote
    /// is one character with it, and the quote ends an attribute all the same.
    ///
    /// - Parameter others: further scalars, and their replacements.
    public func escapedForHTML(_ others: [Unicode.Scalar: String] = [:]) -> String {
        unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#x27;"
            default:
                if let other = others[scalar] { result += other } else { result.unicodeScalars.append(scalar) }
            }
        }
    }
}
