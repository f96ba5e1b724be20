/// Whether uv failed because an index could not be reached, by the text of its error.
enum NetworkTrouble {
    private static let words = [
        "error sending request", "operation timed out", "tcp connect error", "dns error", "Connection refused",
        "HTTP status server error", "error decoding response body", "connection closed before message completed",
        "Request failed after",
    ]

    /// Looks at uv's own lines, not at those of a program that it ran.
    static func isIn(_ output: String) -> Bool {
        output.split(whereSeparator: \.isNewline).contains { line in
            let text = line.drop(while: \.isWhitespace)
            guard text.hasPrefix("error:") || text.hasPrefix("cause:") || text.hasPrefix("Caused by:") else {
                return false
            }
            return words.contains { text.contains($0) }
        }
    }
}
