/// The reason why a text is not a valid payload.
public enum PayloadError: Error, Hashable, Sendable {
    /// It is not JSON.
    case notJSON(JSONError)
    /// It has more than ``JobMetadata/longestPayload`` bytes.
    case tooLong
}

/// The value of a spider's argument `payload`.
public enum Payload {
    /// The most bytes after `payload=` in an argument of a program (MAX_ARG_STRLEN of execve(2), which counts the NUL).
    private static let longestArgument = (128 << 10) - 1 - "payload=".utf8.count

    /// How to write a text as JSON that is not JSON yet; nil if no likely correction is known.
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

    /// The stored form of a payload: JSON on one line in scrapy-do's layout, letters outside ASCII unescaped. If the
    /// blanks of that layout would make it too long for an argument, the text is stored as it was sent.
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
