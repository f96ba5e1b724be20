internal import SpoolModel

/// Describes how the content of a file is damaged, as a clause after "it".
enum Damage {
    /// The damage of bytes that are not a job's status.
    static func ofStatus(_ bytes: [UInt8]) -> String {
        if let general = general(bytes) { return general }
        guard let text = String(validating: bytes, as: UTF8.self) else { return "is not UTF-8" }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 1 || lines.count == 2 && lines[1].isEmpty else { return "has more than one line" }
        let word = lines[0].split(separator: " ").first.map(String.init) ?? ""
        guard JobState(rawValue: word) != nil else { return "names the unknown state `\(word.prefix(40))`" }
        if lines[0].utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) { return "holds control characters" }
        let odd = lines[0].split(separator: " ").dropFirst().first { !$0.dropFirst().contains("=") }
        if let odd { return "has the word `\(odd.prefix(40))`, which is no `key=value`" }
        return "has no time `at`"
    }

    /// The damage of bytes that are not metadata.
    static func ofMetadata(_ bytes: [UInt8]) -> String {
        if let general = general(bytes) { return general }
        do throws(JSONError) {
            let document = try JSON(parsing: bytes)
            guard case .object = document else { return "is not a JSON object" }
            // The cause if all other members are right.
            for (name, range) in [("version", 1...VersionNumber.limit), ("size", 0...Int.max)] {
                guard case .number(let text) = document[name] else { continue }
                if let number = Int(text), range.contains(number) { continue }
                return "has a `\(name)` that is out of range: \(text.prefix(40))"
            }
            return "lacks a member, or one is of the wrong kind"
        } catch {
            return "is not JSON: \(error)"
        }
    }

    /// Files that were not flushed before a loss of power: empty, or with blocks of NUL bytes.
    private static func general(_ bytes: [UInt8]) -> String? {
        if bytes.allSatisfy({ $0 <= 0x20 && $0 != 0 }) { return "is empty" }
        return bytes.contains(0) ? "holds NUL bytes" : nil
    }
}
