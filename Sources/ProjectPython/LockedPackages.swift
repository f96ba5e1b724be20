/// The packages that a lock names.
public enum LockedPackages {
    /// Each package with its version, as `scrapy-2.13.4`, in the order of the lock; one without a version has its name or
    /// its path alone.
    ///
    /// - Parameters:
    ///   - lock: the content of a `requirements.lock` or a `pylock.toml`.
    ///   - name: the name of its file.
    public static func names(in lock: String, named name: String) -> [String] {
        name == "pylock.toml" ? ofPylock(lock) : ofRequirements(lock)
    }

    private static func ofRequirements(_ lock: String) -> [String] {
        lock.replacing("\\\n", with: " ").split(whereSeparator: \.isNewline).compactMap { line in
            guard let word = line.split(whereSeparator: { $0.isWhitespace || $0 == ";" }).first, !word.hasPrefix("-"),
                !word.hasPrefix("#")
            else { return nil }
            guard let sign = word.firstRange(of: "==") else { return String(word) }
            return "\(word[..<sign.lowerBound].prefix { $0 != "[" })-\(word[sign.upperBound...])"
        }
    }

    private static func ofPylock(_ lock: String) -> [String] {
        var names: [String] = []
        for part in lock.split(separator: "[[packages]]").dropFirst() {
            let table = TOMLLines(String(part))
            guard let name = table.string("name", in: "") else { continue }
            names.append(table.string("version", in: "").map { "\(name)-\($0)" } ?? name)
        }
        return names
    }
}
