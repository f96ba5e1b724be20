/// A section: what stands between `[name]` and the next one.
public struct INISection: Sendable {
    /// What stands between the brackets, as it is written.
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

    /// The entry of a key, which is looked up without regard to case; nil when the section lacks it.
    public func entry(_ key: String) -> INIEntry? {
        positions[key.lowercased()].map { entries[$0] }
    }

    /// Adds an entry and tells whether its key is new; a key that is there already is left alone.
    mutating func add(_ entry: INIEntry) -> Bool {
        guard positions.updateValue(entries.count, forKey: entry.key) == nil else { return false }
        entries.append(entry)
        return true
    }
}
