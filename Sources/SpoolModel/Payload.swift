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
