public import SpoolModel

/// The offsets from UTC of one time zone: a table of changes, and a yearly rule for the time after them.
public struct TimeZoneRules: Sendable {
    /// The zone's name: `Europe/Warsaw`, or the POSIX string of its rule.
    public let name: String

    /// The abbreviations of winter and summer time in the form of Python's `time.tzname`: `CET; CEST`. A zone without
    /// daylight saving time repeats its only one: `UTC; UTC`.
    public let names: String

    /// The offset before the first entry of `table`.
    let firstOffset: Int
    /// The changes of the offset, ascending.
    let table: [TableEntry]
    /// The rule from the last entry of `table` on, or for all times if that is empty; nil if the last offset stays.
    let rule: PosixRule?

    /// From `second` on, the offset is `offset`.
    struct TableEntry: Sendable {
        /// Seconds since the epoch.
        let second: Int64
        /// Seconds east of UTC.
        let offset: Int
    }

    /// Creates rules from validated parts.
    init(name: String, names: String, firstOffset: Int, table: [TableEntry], rule: PosixRule?) {
        self.name = name
        self.names = names
        self.firstOffset = firstOffset
        self.table = table
        self.rule = rule
    }

    /// Coordinated Universal Time.
    public static let utc = TimeZoneRules(name: "UTC", names: "UTC; UTC", firstOffset: 0, table: [], rule: nil)

    /// The rules for a value of the environment variable TZ, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
    ///
    /// The format is that of POSIX.1-2024, "Base Definitions", 8.3, with its extension to transition times of -167 to
    /// 167 hours (RFC 9636, section 3.3.2). Daylight saving time without a rule follows that of the United States, as
    /// in glibc. The `:path` form is rejected.
    public init(posix: String) throws(TimeZoneError) {
        let rule = try PosixRule(parsing: posix)
        self.init(name: posix, names: rule.names, firstOffset: rule.standard.offset, table: [], rule: rule)
    }

    /// The offset of local time from UTC at an instant, in seconds east.
    public func offset(at instant: Timestamp) -> Int {
        offset(atSecond: instant.seconds)
    }

    /// The local time at an instant.
    public func civil(at instant: Timestamp) -> CivilTime {
        let bound = Int64.max / 2
        let bounded = Timestamp(microseconds: min(max(instant.microseconds, -bound), bound))
        return CivilTime(bounded, offset: offset(at: bounded))
    }

    /// `offset(at:)` for a number of seconds since the epoch.
    func offset(atSecond second: Int64) -> Int {
        guard let last = table.last else { return rule?.offset(atSecond: second) ?? firstOffset }
        if second >= last.second { return rule?.offset(atSecond: second) ?? last.offset }
        let count = entryCount(until: second)
        return count == 0 ? firstOffset : table[count - 1].offset
    }

    /// How many entries of `table` are at a second or before it.
    func entryCount(until second: Int64) -> Int {
        var low = 0
        var high = table.count
        while low < high {
            let middle = (low + high) / 2
            if table[middle].second <= second { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
