/// One challenge of a header field WWW-Authenticate (RFC 9110 §11.6.1).
public struct Challenge: Hashable, Sendable {
    /// The scheme in lower case.
    public let scheme: String
    /// The parameters: names in lower case, values without quotes.
    public let parameters: [String: String]

    /// Parses the challenges of one header field, up to the first syntax error.
    public static func parse(_ field: String) -> [Challenge] {
        var reader = ChallengeReader(rest: field[...])
        return reader.challenges()
    }
}

private struct ChallengeReader {
    var rest: Substring

    mutating func challenges() -> [Challenge] {
        var result: [Challenge] = []
        var scheme: String?
        var parameters: [String: String] = [:]
        func close() {
            if let scheme { result.append(Challenge(scheme: scheme, parameters: parameters)) }
        }
        while true {
            skip(" \t,")
            let word = token()
            guard !word.isEmpty else { break }
            let afterWord = rest
            skip(" \t")
            // `name = value` belongs to the current challenge; a word alone begins another one.
            if scheme != nil, rest.first == "=" {
                rest.removeFirst()
                skip(" \t")
                guard let value = value() else { break }
                parameters[word.lowercased()] = value
            } else {
                close()
                (scheme, parameters) = (word.lowercased(), [:])
                rest = afterWord
            }
        }
        close()
        return result
    }

    private mutating func skip(_ characters: String) {
        rest = rest.drop { characters.contains($0) }
    }

    /// A token (RFC 9110 §5.6.2); its characters are not checked.
    private mutating func token() -> String {
        let word = rest.prefix { !" \t,=\"".contains($0) }
        rest = rest[word.endIndex...]
        return String(word)
    }

    /// A token or a quoted string (RFC 9110 §5.6.4).
    private mutating func value() -> String? {
        guard rest.first == "\"" else { return token() }
        rest.removeFirst()
        var text = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return text
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                text.append(escaped)
            default: text.append(character)
            }
        }
        return nil
    }
}
