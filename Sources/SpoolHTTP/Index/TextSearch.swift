internal import SpoolModel
internal import SpoolStore

/// A case-insensitive search in the request of a job: id, spec, project, spider, description and payload, in the job's
/// text.
struct TextSearch: Sendable {
    /// In lower case, with the escapes of JSON.
    private let needle: [UInt8]
    private let isASCII: Bool

    /// A search for a text that is not empty.
    init(_ text: String) {
        var writer = JSONWriter(.line)
        writer.writeString(text.lowercased())
        needle = Array(writer.bytes.dropFirst().dropLast())
        isASCII = needle.allSatisfy { $0 < 0x80 }
    }

    /// The members of a record in their order (see `JSONWriter.write(_:in:)`), and whether they are searched.
    private static let members: [(nameLength: Int, isSearched: Bool)] = [
        ("identifier", true), ("status", false), ("actor", false), ("schedule", true), ("project", true),
        ("spider", true), ("description", true), ("timestamp", false), ("duration", false), ("payload", true),
    ].map { ($0.0.utf8.count, $0.1) }

    /// Whether the text occurs in a record written by `JSONWriter.write(_:in:)`.
    func isFound(in record: UnsafeRawBufferPointer) -> Bool {
        var index = 1
        for member in TextSearch.members {
            // `"name": `
            index += member.nameLength + 4
            guard index < record.count else { return false }
            let start = index
            index = TextSearch.end(ofValueAt: start, in: record)
            if member.isSearched, isFound(inString: UnsafeRawBufferPointer(rebasing: record[start..<index])) {
                return true
            }
            // `, `
            index += 2
        }
        return false
    }

    /// Where the time of the last change is in a record, without its quotation marks; nil if the record has no such time.
    static func time(in record: UnsafeRawBufferPointer) -> Int? {
        var index = 1
        for member in TextSearch.members.prefix(8) {
            let start = index + member.nameLength + 4
            guard start < record.count else { return nil }
            index = TextSearch.end(ofValueAt: start, in: record)
            guard index + 2 < record.count else { return nil }
            if member.nameLength == "timestamp".utf8.count, !member.isSearched {
                return index - start == CivilTime.textLength + 2 ? start + 1 : nil
            }
            index += 2
        }
        return nil
    }

    private static func end(ofValueAt start: Int, in record: UnsafeRawBufferPointer) -> Int {
        var index = start
        guard record[start] == UInt8(ascii: "\"") else {
            while index < record.count, record[index] != UInt8(ascii: ","), record[index] != UInt8(ascii: "}") {
                index += 1
            }
            return index
        }
        index += 1
        while index < record.count, record[index] != UInt8(ascii: "\"") {
            index += record[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, record.count)
    }

    /// - Parameter string: a JSON string with its quotation marks.
    private func isFound(inString string: UnsafeRawBufferPointer) -> Bool {
        if !isASCII {
            // Most texts are ASCII, and need no Unicode tables to rule out a match.
            guard string.contains(where: { $0 >= 0x80 }) else { return false }
            return Array(String(decoding: string, as: UTF8.self).lowercased().utf8).withUnsafeBytes { finds(in: $0) }
        }
        return finds(in: string)
    }

    private func finds(in string: UnsafeRawBufferPointer) -> Bool {
        let first = needle[0]
        var index = 1
        while index + needle.count < string.count {
            if TextSearch.lowercase(string[index]) == first, matches(string, at: index),
                !TextSearch.isEscaped(index, in: string)
            {
                return true
            }
            index += 1
        }
        return false
    }

    private func matches(_ string: UnsafeRawBufferPointer, at index: Int) -> Bool {
        for offset in 1..<max(1, needle.count) where TextSearch.lowercase(string[index + offset]) != needle[offset] {
            return false
        }
        return true
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// Whether a backslash escapes the character: the `n` of `\n` does not match `n`.
    private static func isEscaped(_ index: Int, in string: UnsafeRawBufferPointer) -> Bool {
        var count = 0
        while index - 1 - count >= 0, string[index - 1 - count] == UInt8(ascii: "\\") { count += 1 }
        return count % 2 == 1
    }
}
