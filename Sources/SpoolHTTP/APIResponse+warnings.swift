internal import HTTPTypes
internal import NIOCore
internal import SpoolModel

extension APIResponse {
    /// The answer with warnings: a member `warnings` at the end of a JSON object, or fields of the head if the body is
    /// something else, such as a log.
    ///
    /// An unknown field is no reason to refuse a request: scrapy-do ignores such fields, and its clients ignore both forms of
    /// the warning.
    func warning(of texts: [String]) -> APIResponse {
        guard !texts.isEmpty else { return self }
        switch self {
        case .json(let bytes, let status):
            return .json(Array(bytes.dropLast(APIResponse.end.utf8.count)) + APIResponse.member(texts).utf8, status)
        case .pieces(var pieces):
            guard var last = pieces.popLast() else { return self }
            last.moveWriterIndex(to: last.writerIndex - APIResponse.end.utf8.count)
            last.writeString(APIResponse.member(texts))
            return .pieces(pieces + [last])
        case .jobs(let list):
            return .jobs(list.adding(String(APIResponse.member(texts).dropLast(APIResponse.end.count))))
        case .search(let search): return .search(search.adding(JSON.warnings(texts)))
        case .adding(let fields, let answer): return .adding(fields, answer.warning(of: texts))
        case .clientJobs, .log, .document, .file, .archive, .events: return .adding(APIResponse.fields(texts), self)
        case .empty, .options, .seeOther: return self
        }
    }

    /// The end of each JSON object that is an answer.
    private static let end = "}\n"

    private static func member(_ texts: [String]) -> String {
        ", \"warnings\": \(JSON.array(texts.map { .string($0) }).line)\(end)"
    }

    private static func fields(_ texts: [String]) -> HTTPFields {
        var fields = HTTPFields()
        for text in texts { fields.append(HTTPField(name: .spoolWarning, value: plain(text))) }
        return fields
    }

    /// A text as the value of a header field (RFC 9110 §5.5): bytes other than visible ASCII are percent-encoded.
    private static func plain(_ text: String) -> String {
        text.utf8.map { byte in
            (0x20...0x7e).contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + [byte].hexadecimal.uppercased()
        }
        .joined()
    }
}

extension HTTPField.Name {
    /// A warning about a request that was answered. The field Warning of HTTP is for caches, and obsolete (RFC 9111 §5.5).
    static let spoolWarning = HTTPField.Name("Scrapy-Spool-Warning")!
}
