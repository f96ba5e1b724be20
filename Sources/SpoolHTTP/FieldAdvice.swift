/// Warnings about fields that an endpoint does not read, each with the likely correction.
struct FieldAdvice {
    /// The most fields that are listed.
    private static let most = 20
    /// The most characters of a name that are shown.
    private static let longestName = 60

    /// How messages call the endpoint: `schedule-job.json`.
    let endpoint: String
    /// The fields that the endpoint reads.
    let known: [String]

    /// A sentence for each unknown field; empty without any.
    func warnings(of names: some Sequence<String>) -> [String] {
        let unknown = names.filter { !known.contains($0) }.sorted()
        let sentences = unknown.prefix(FieldAdvice.most).map { name in
            let start = "The field \"\(FieldAdvice.shortened(name))\" is not read"
            if let meant = meant(by: name) { return "\(start): did you mean \"\(meant)\"?" }
            return "\(start): \(endpoint) takes \(known.isEmpty ? "none" : known.joined(separator: ", "))"
        }
        let rest = unknown.count - sentences.count
        return rest > 0 ? sentences + ["\(rest) more fields are not read"] : sentences
    }

    /// A name as messages show it.
    static func shortened(_ name: String) -> String {
        name.count > longestName ? name.prefix(longestName) + "…" : name
    }

    /// The known name nearest to an unknown one; nil if none is near.
    private func meant(by name: String) -> String? {
        if known.contains("arg.NAME") {
            if ["arg", "args", "argument", "arguments"].contains(name) { return "arg.NAME" }
            if ["setting", "settings"].contains(name) { return "setting.NAME" }
        }
        // Longer names cannot be near.
        guard name.utf8.count <= FieldAdvice.longestName else { return nil }
        let plain = FieldAdvice.plain(name)
        let distances = known.map { (name: $0, distance: FieldAdvice.distance(plain, FieldAdvice.plain($0))) }
        guard let nearest = distances.min(by: { $0.distance < $1.distance }) else { return nil }
        // A third of the letters may be wrong: `id` is not meant by `me`.
        return nearest.distance <= min(2, nearest.name.utf8.count / 3) ? nearest.name : nil
    }

    /// In lower case, with `-` for `_`, `.` and space.
    private static func plain(_ name: String) -> [UInt8] {
        name.lowercased().utf8.map {
            [UInt8(ascii: "_"), UInt8(ascii: "."), 0x20].contains($0) ? UInt8(ascii: "-") : $0
        }
    }

    /// The number of insertions, deletions, replacements and transpositions of neighbours (optimal string alignment).
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
                row.append(cost)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }
}
