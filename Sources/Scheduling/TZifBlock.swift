/// The validated contents of a data block of a compiled time zone file.
struct TZifBlock {
    /// A kind of local time.
    private struct Kind {
        let offset: Int
        let isDaylight: Bool
        let abbreviation: String
    }

    private let kinds: [Kind]
    private let changes: [(second: Int64, kind: Kind)]

    /// Takes the arrays of a block: the times of changes, the index of the kind that follows each, and for each kind
    /// the index in `characters` at which its NUL-terminated name begins.
    init(
        seconds: [Int64], indices: [UInt8], kinds raw: [(offset: Int64, isDaylight: Bool, abbreviation: Int)],
        characters: [UInt8]
    ) throws(TZifReader.Flaw) {
        var kinds: [Kind] = []
        for kind in raw {
            // RFC 9636, section 3.2: more than -25 hours and less than 26.
            guard (-89_999...93_599).contains(kind.offset), kind.abbreviation < characters.count else {
                throw TZifReader.Flaw(reason: "has an offset or a name out of range; reinstall tzdata")
            }
            let name = characters[kind.abbreviation...].prefix { $0 != 0 }
            let abbreviation = String(decoding: name, as: UTF8.self).forMessage
            kinds.append(Kind(offset: Int(kind.offset), isDaylight: kind.isDaylight, abbreviation: abbreviation))
        }
        guard !kinds.isEmpty else { throw TZifReader.Flaw(reason: "has no local time at all; reinstall tzdata") }
        var changes: [(second: Int64, kind: Kind)] = []
        for (second, index) in zip(seconds, indices) {
            guard Int(index) < kinds.count, second > changes.last?.second ?? Int64.min, abs(second / 2) <= 1 << 59
            else { throw TZifReader.Flaw(reason: "has changes that are not in order; reinstall tzdata") }
            changes.append((second, kinds[Int(index)]))
        }
        self.kinds = kinds
        self.changes = changes
    }

    /// The rules of the zone, with the footer's rule for the time after the last change.
    func rules(name: String, rule: PosixRule?) -> TimeZoneRules {
        TimeZoneRules(
            name: name, names: rule?.names ?? names, firstOffset: kinds[0].offset,
            table: changes.map { TimeZoneRules.TableEntry(second: $0.second, offset: $0.kind.offset) }, rule: rule)
    }

    /// The names of the last winter and summer time, for files without a rule.
    private var names: String {
        guard let last = changes.last else { return "\(kinds[0].abbreviation); \(kinds[0].abbreviation)" }
        var other = last.kind
        if let previous = changes.dropLast().last, last.second - previous.second < 366 * 86_400,
            previous.kind.isDaylight != last.kind.isDaylight
        {
            other = previous.kind
        }
        let ordered = other.offset < last.kind.offset ? [other, last.kind] : [last.kind, other]
        return ordered.map(\.abbreviation).joined(separator: "; ")
    }
}
