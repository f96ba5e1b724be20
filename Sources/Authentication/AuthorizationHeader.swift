/// What a client sends in the header field Authorization (RFC 9110 §11.6.2): a scheme, then a token or parameters.
struct AuthorizationHeader {
    /// The scheme in lower case.
    let scheme: String
    /// What follows it, as it is.
    let rest: Substring

    init?(_ value: String) {
        let text = value[...].drop { $0 == " " }
        let scheme = text.prefix { $0 != " " }
        guard !scheme.isEmpty else { return nil }
        self.scheme = scheme.lowercased()
        rest = text.dropFirst(scheme.count).drop { $0 == " " }
    }

    /// The user that it is about, as far as that can be seen without looking closely.
    var userHint: String {
        switch scheme {
        case "digest": parameters?["username"] ?? ""
        case "basic": String(decoding: (Base64.decode(rest) ?? []).prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
        default: ""
        }
    }

    /// The parameters `name=value` between commas, names in lower case, quotes taken off (RFC 9110 §5.6.6); nil when
    /// that is not what it is, or a name comes twice.
    var parameters: [String: String]? {
        var parameters: [String: String] = [:]
        var text = rest
        while true {
            text = text.drop { $0 == " " || $0 == "\t" || $0 == "," }
            if text.isEmpty { return parameters }
            guard let equals = text.firstIndex(of: "=") else { return nil }
            var name = text[..<equals]
            while name.last == " " { name.removeLast() }
            text = text[equals...].dropFirst().drop { $0 == " " }
            guard let value = AuthorizationHeader.value(&text),
                parameters.updateValue(value, forKey: name.lowercased()) == nil
            else { return nil }
        }
    }

    /// A token or a quoted string from the start of a text.
    private static func value(_ text: inout Substring) -> String? {
        guard text.first == "\"" else {
            let value = text.prefix { $0 != "," && $0 != " " && $0 != "\t" }
            text = text.dropFirst(value.count)
            return String(value)
        }
        text = text.dropFirst()
        var value = ""
        while let character = text.popFirst() {
            switch character {
            case "\"": return value
            case "\\":
                guard let escaped = text.popFirst() else { return nil }
                value.append(escaped)
            default: value.append(character)
            }
        }
        return nil
    }
}
