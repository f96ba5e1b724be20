internal import CLinux

extension Descriptor {
    /// An empty file in memory, without a name (memfd_create(2)).
    public static func inMemory() throws(SystemError) -> Descriptor {
        Descriptor(owning: try retrying("make a file in memory") { clinux_memory_file() })
    }

    /// A file in memory with a command line and an environment for another process: the number of words, the words, then
    /// the variables, each with a NUL behind it. A text ends at its first NUL, as in execve(2).
    public static func inMemory(words: [String], environment: [String]) throws(SystemError) -> Descriptor {
        var bytes: [UInt8] = []
        for text in [String(words.count)] + words + environment {
            bytes += text.utf8.prefix { $0 != 0 }
            bytes.append(0)
        }
        let file = try inMemory()
        try file.write(bytes)
        return file
    }

    /// The words and the variables of such a file; nil if it is none. Throws EFBIG for one of more than 64 MiB.
    public func wordsInMemory() throws(SystemError) -> (words: [String], environment: [String])? {
        let texts = try readAll(limit: 64 << 20).split(separator: 0, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        // Behind the last NUL there is nothing.
        guard texts.last == "", let count = texts.first.flatMap({ Int($0) }), (0...(texts.count - 2)).contains(count)
        else {
            return nil
        }
        return (Array(texts[1..<(count + 1)]), Array(texts[(count + 1)..<(texts.count - 1)]))
    }
}
