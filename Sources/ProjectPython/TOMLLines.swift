/// The few keys of a TOML file that the server looks at, found line by line: tables, and keys with a string or a list
/// of strings.
struct TOMLLines {
    private var tables: Set<String> = []
    /// The text after the equals sign of each key, with the lines of a list joined, by table and key.
    private var values: [String: [String: String]] = [:]

    init(_ content: String) {
        var table = ""
        var open: String?
        for line in content.split(whereSeparator: \.isNewline) {
            let body = line.drop(while: \.isWhitespace)
            if let key = open {
                values[table, default: [:]][key, default: ""] += " " + body
                if TOMLLines.isClosed(values[table]?[key] ?? "") { open = nil }
                continue
            }
            if body.hasPrefix("#") { continue }
            if body.hasPrefix("[") {
                table = body.prefix { $0 != "#" }.filter { !$0.isWhitespace && $0 != "[" && $0 != "]" && $0 != "\"" }
                tables.insert(table)
                continue
            }
            guard let sign = body.firstIndex(of: "=") else { continue }
            let key = body[..<sign].filter { !$0.isWhitespace && $0 != "\"" }
            let value = String(body[body.index(after: sign)...].drop(while: \.isWhitespace))
            values[table, default: [:]][key] = value
            if value.hasPrefix("["), !TOMLLines.isClosed(value) { open = key }
        }
    }

    private static func isClosed(_ list: String) -> Bool {
        var quote: Character?
        for character in list {
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == "]" {
                return true
            }
        }
        return false
    }

    func has(table: String) -> Bool { tables.contains(table) }

    func has(_ key: String, in table: String) -> Bool { values[table]?[key] != nil }

    /// The first string of a key's value; the table of the keys before all tables is empty.
    func string(_ key: String, in table: String) -> String? { strings(key, in: table).first }

    /// The strings of a key's value.
    func strings(_ key: String, in table: String) -> [String] {
        var strings: [String] = []
        var quote: Character?
        var current = ""
        for character in values[table]?[key] ?? "" {
            if let open = quote {
                if character == open {
                    strings.append(current)
                    (quote, current) = (nil, "")
                } else {
                    current.append(character)
                }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == "#" {
                break
            }
        }
        return strings
    }
}
