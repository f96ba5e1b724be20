extension ScrapySpool {
    /// The client's options that take a value, which precede the command in scrapy-do's client.
    private static let leading: Set<String> = [
        "--url", "--username", "--password", "--print-format", "--verify-ssl", "--ca-file",
    ]

    /// The words of a command line with the client's options moved behind the command, where the parser expects them;
    /// in scrapy-do's client they precede it.
    static func ordered(_ words: [String]) -> [String] {
        var index = 0
        while index < words.count {
            let word = words[index]
            if leading.contains(word), index + 1 < words.count {
                index += 2
            } else if leading.contains(String(word.prefix { $0 != "=" })), word.contains("=") {
                index += 1
            } else {
                break
            }
        }
        guard index > 0, index < words.count, !words[index].hasPrefix("-") else { return words }
        return [words[index]] + words[..<index] + words[(index + 1)...]
    }
}
