/// The words of a command line in a configuration file. No shell reads them: quotation marks and backslashes keep white
/// space in a word, and nothing else has a meaning.
public enum CommandWords {
    /// Why a text is no command line: a sentence without its end.
    public struct Flaw: Error, Sendable, CustomStringConvertible {
        /// The sentence.
        public let description: String

        /// A flaw with its sentence.
        public init(description: String) {
            self.description = description
        }
    }

    /// Divides a text into words. Single quotation marks keep every character; in double ones, and outside, a
    /// backslash keeps the next character, in double ones only `"` and `\`.
    public static func words(of text: String) throws(Flaw) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                isEscaped = false
                let isKept = quote == "\"" && character != "\"" && character != "\\"
                word = (word ?? "") + (isKept ? "\\" : "") + String(character)
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let end = word { words.append(end) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil, !isEscaped else {
            throw Flaw(description: "a quotation mark is not closed, or a backslash stands at the end")
        }
        if let end = word { words.append(end) }
        guard !words.contains(where: { $0.utf8.contains(0) }) else { throw Flaw(description: "a word has a NUL in it") }
        return words
    }

    /// A text that ``words(of:)`` divides into the words.
    public static func text(of words: [String]) -> String {
        words.map { word in
            let plain = word.allSatisfy { $0.isLetter || $0.isNumber || "/._-+,=@%:".contains($0) }
            guard !plain || word.isEmpty else { return word }
            return "\"" + word.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }.joined(separator: " ")
    }
}
