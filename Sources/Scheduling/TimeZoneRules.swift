public import SpoolModel

/// The offsets from UTC of one time zone, for all times: a table of changes, and a yearly rule for what follows it.
public struct TimeZoneRules: Sendable {
    /// What the zone is called: `Europe/Warsaw`, or the POSIX string that it was made of.
    public let name: String

    /// The abbreviations of winter and summer time as Python's `time.tzname` has them: `CET; CEST`. A zone without
    /// daylight saving repeats its only one: `UTC; UTC`.
    public let names: String

    /// The offset before the first entry of `table`.
    let firstOffset: Int
    /// When the offset changes, ascending.
    let table: [TableEntry]
    /// What holds from the last entry of `table` on, or always if that is empty; nil if the last entry's offset does.
    let rule: PosixRule?

    /// From `second` on, the offset is `offset`.
    struct TableEntry: Sendable {
        /// Seconds since the epoch.
        let second: Int64
        /// Seconds east of UTC.
        let offset: Int
    }

    /// Rules whose parts were checked before.
    init(name: String, names: String, firstOffset: Int, table: [TableEntry], rule: PosixRule?) {
        self.name = name
        self.names = names
        self.firstOffset = firstOffset
        self.table = table
        self.rule = rule
    }

    /// Coordinated Universal Time.
    public static let utc = TimeZoneRules(name: "UTC", names: "UTC; UTC", firstOffset: 0, table: [], rule: nil)

    /// The rules that the value of an environment variable TZ stands for, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
    ///
    /// The format is that of POSIX.1-2024, "Base Definitions", 8.3, and its extension to transition times of -167 to
    /// 167 hours (RFC 9636, section 3.3.2). A name of daylight time without rules has those of the United States, as in
    /// glibc. The `:path` form is refused.
    public init(posix: String) throws(TimeZoneError) {
        let rule = try PosixRule(parsing: posix)
        self.init(name: posix, names: rule.names, firstOffset: rule.standard.offset, table: [], rule: rule)
    }

    /// How far local time is ahead of UTC at an instant, in seconds.
    public func offset(at instant: Timestamp) -> Int {
        offset(atSecond: instant.seconds)
    }

    /// What a clock of the zone shows at an instant.
    public func civil(at instant: Timestamp) -> CivilTime {
        let bound = Int64.max / 2
        let bounded = Timestamp(microseconds: min(max(instant.microseconds, -bound), bound))
        return CivilTime(bounded, offset: offset(at: bounded))
    }

    /// `offset(at:)` for a number of seconds since the epoch.
    func offset(atSecond second: Int64) -> Int {
        guard let last = table.last else { return rule?.offset(atSecond: second) ?? firstOffset }
        if second >= last.second { return rule?.offset(atSecond: second) ?? last.offset }
        var low = 0
        var high = table.count
        while low < high {
            let middle = (low + high) / 2
            if table[middle].second <= second { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? firstOffset : table[low - 1].offset
    }
}
