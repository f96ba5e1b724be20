extension TimeZoneRules {
    /// The same offsets in `from ... to` (seconds since the epoch), in a table of the changes in between. Outside of that
    /// span its offsets may be others. A question to it costs the less the shorter the span is.
    func excerpt(from: Int64, to: Int64) -> TimeZoneRules {
        let entries = changes(from: from, to: to).map { TableEntry(second: $0.second, offset: $0.after) }
        return TimeZoneRules(
            name: name, names: names, firstOffset: offset(atSecond: from), table: entries, rule: nil)
    }

    /// The first second after another at which the offset changes by the table; nil if none does.
    func tableChange(after second: Int64) -> Int64? {
        let index = entryCount(until: second)
        return index < table.count ? table[index].second : nil
    }
}
