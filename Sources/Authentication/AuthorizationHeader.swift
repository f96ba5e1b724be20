internal import SpoolModel

/// The header field Authorization (RFC 9110 §11.6.2): a scheme, then a token or parameters.
package struct AuthorizationHeader {
    /// The scheme in lower case.
    package let scheme: String
    /// The rest of the value, unchanged.
    package let rest: Substring

    package init?(_ value: String) {
        let text = value.unicodeScalars.drop { $0 == " " }
        let scheme = text.prefix { $0 != " " }
        guard !scheme.isEmpty else { return nil }
        self.scheme = String(scheme).lowercased()
        rest = Substring(text[scheme.endIndex...].drop { $0 == " " })
    }

    /// The user that the header names, not verified; empty if it names none.
    package var userHint: String {
        switch scheme {
        case "digest": parameters?["username"] ?? ""
        case "basic": String(decoding: (Base64.decode(rest) ?? []).prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
        default: ""
        }
    }

    /// The parameters `name=value` between commas, names in lower case, quotes removed (RFC 9110 §5.6.6); nil for
    /// another syntax or a repeated name.
    package var parameters: [String: String]? {
        var parameters: [String: String] = [:]
        // Scalars: as characters, a quote and a combining accent after it would be one character and no quote.
        var text = rest.unicodeScalars
        while true {
            text = text.drop { $0 == " " || $0 == "\t" || $0 == "," }
            if text.isEmpty { return parameters }
            guard let equals = text.firstIndex(of: "=") else { return nil }
            var name = text[..<equals]
            while name.last == " " { name.removeLast() }
            text = text[equals...].dropFirst().drop { $0 == " " }
            guard let value = AuthorizationHeader.value(&text),
                parameters.updateValue(value, forKey: String(name).lowercased()) == nil
            else { return nil }
        }
    }

    /// A token or a quoted string from the start of a text.
    private static func value(_ text: inout Substring.UnicodeScalarView) -> String? {
        guard text.first == "\"" else {
            let value = text.prefix { $0 != "," && $0 != " " && $0 != "\t" }
            text = text[value.endIndex...]
            return String(value)
        }
        text = text.dropFirst()
        var value = String.UnicodeScalarView()
        while let scalar = text.popFirst() {
            switch scalar {
            case "\"": return String(value)
            case "\\":
                guard let escaped = text.popFirst() else { return nil }
                value.append(escaped)
            default: value.append(scalar)
            }
        }
        return nil
    }
}
