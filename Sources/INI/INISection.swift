/// A section: the lines from `[name]` to the next header.
public struct INISection: Sendable {
    /// The text between the brackets, unchanged.
    public let name: String
    /// The line of the header, from 1.
    public let line: Int
    /// The keys in the order of the file.
    public internal(set) var entries: [INIEntry] = []

    var positions: [String: Int] = [:]

    init(name: String, line: Int) {
        self.name = name
        self.line = line
    }

    /// The entry of a key; nil if the section lacks it. If there is none that is spelt like that, case does not matter.
    public func entry(_ key: String) -> INIEntry? {
        let known = positions[key] ?? positions[key.lowercased()] ?? entries.firstIndex { $0.key.lowercased() == key }
        return known.map { entries[$0] }
    }

    /// Adds an entry and returns whether its key is new; an existing entry is left unchanged.
    mutating func add(_ entry: INIEntry) -> Bool {
        guard positions.updateValue(entries.count, forKey: entry.key) == nil else { return false }
        entries.append(entry)
        return true
    }
}
