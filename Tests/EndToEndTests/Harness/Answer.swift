import SpoolModel

/// What a server answered to curl.
struct Answer: Sendable {
    /// The status code.
    let status: Int
    /// The header fields as they came, names in lower case.
    let fields: [(name: String, value: String)]
    /// Whether the server said that the body may come (100 Continue) before it answered.
    let hasProceeded: Bool
    /// The body.
    let body: [UInt8]

    /// Reads what curl wrote: the heads with `-D`, of which the last is the answer's, and the body with `-o`.
    init(heads: String, body: [UInt8]) throws {
        let lines = heads.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
        guard let start = lines.lastIndex(where: { $0.hasPrefix("HTTP/1.1 ") }),
            let status = Int(lines[start].dropFirst(9).prefix(3))
        else { throw Failure("no answer: \(heads)") }
        self.status = status
        hasProceeded = lines[..<start].contains { $0.hasPrefix("HTTP/1.1 100") }
        fields = lines[(start + 1)...].compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (line[..<colon].lowercased(), String(value))
        }
        self.body = body
    }

    /// The value of a header field, or nil.
    subscript(field name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON. Throws when it is none, or does not end with a newline.
    var json: JSON {
        get throws {
            guard body.last == UInt8(ascii: "\n") else { throw Failure("no newline at the end: \(text)") }
            do {
                return try JSON(parsing: body)
            } catch {
                throw Failure("not JSON (\(error)): \(text)")
            }
        }
    }

    /// The message of an error; nil when the answer is none.
    var message: String? {
        guard let json = try? json, json["status"] == .string("error") else { return nil }
        return json["msg"]?.text
    }
}

extension JSON {
    /// The names of an object's members, in their order.
    var names: [String] {
        if case .object(let members) = self { members.map(\.name) } else { [] }
    }

    /// The texts of an array of strings; empty for anything else.
    var texts: [String] {
        elements?.compactMap(\.text) ?? []
    }
}
