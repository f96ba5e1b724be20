/// Why a text is no payload.
public enum PayloadError: Error, Hashable, Sendable {
    /// It is not JSON.
    case notJSON(JSONError)
    /// It has more than ``JobMetadata/longestPayload`` bytes.
    case tooLong
}

/// What a spider is given as its argument `payload`.
public enum Payload {
    /// The most bytes after `payload=` in an argument of a program (MAX_ARG_STRLEN of execve(2), with a NUL at its end).
    private static let longestArgument = (128 << 10) - 1 - "payload=".utf8.count

    /// How a text that is no JSON could be written as JSON; nil where nothing is known that was probably meant.
    public static func hint(for sent: String) -> String? {
        let text = sent.unicodeScalars.drop(while: \.properties.isWhitespace)
        guard let first = text.first, sent.utf8.count <= 200 else { return nil }
        if first == "{" || first == "[" {
            return sent.utf8.contains(UInt8(ascii: "'")) ? "JSON has its strings in double quotes" : nil
        }
        let name = text.prefix { $0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil }
        let rest = text[name.endIndex...]
        guard !name.isEmpty, first.properties.isAlphabetic || first == "_" else { return nil }
        if rest.first == "=" {
            let member = JSON.Member(String(name), .string(String(rest.dropFirst())))
            return "write \(JSON.object([member]).line)"
        }
        return rest.isEmpty ? "write \(JSON.string(String(name)).line), with the double quotes" : nil
    }

    /// A payload as it is kept, from JSON as it was sent: on one line, as scrapy-do lays it out, with its letters as they
    /// are. Where blanks between the values would make it too long for an argument, it stays as it was sent.
    public static func text(from sent: String) throws(PayloadError) -> String {
        guard sent.utf8.count <= JobMetadata.longestPayload else { throw .tooLong }
        do throws(JSONError) {
            let line = try JSON(parsing: sent).line
            return line.utf8.count <= longestArgument ? line : sent
        } catch {
            throw .notJSON(error)
        }
    }
}
