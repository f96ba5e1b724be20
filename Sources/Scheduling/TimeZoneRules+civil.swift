public import SpoolModel

extension TimeZoneRules {
    /// The instants at which local time is `time`, ascending: usually one, none if clocks skip it when they go forward,
    /// two if they repeat it when they go back.
    ///
    /// The fields of `time` must be in their ranges and the year within 9999 of year 0.
    public func instants(of time: CivilTime) -> [Timestamp] {
        let local = time.instant()
        let changes = changes(around: local.seconds)
        var offsets: [Int] = []
        for offset in [self.offset(atSecond: local.seconds - Self.widestOffset)] + changes.map(\.after)
        where !offsets.contains(offset) {
            offsets.append(offset)
        }
        return offsets.filter { offset(at: local.adding(seconds: -Int64($0))) == $0 }
            .map { local.adding(seconds: -Int64($0)) }.sorted()
    }

    /// The instant of a local time: its first occurrence, or if clocks skip it, the instant at which they go forward.
    ///
    /// The fields of `time` must be in their ranges and the year within 9999 of year 0.
    public func instant(of time: CivilTime) -> Timestamp {
        if let first = instants(of: time).first { return first }
        let local = time.instant()
        let gap = changes(around: local.seconds).first { change in
            local.seconds >= change.second + Int64(change.before)
                && local.seconds < change.second + Int64(change.after)
        }
        guard let gap else { return local.adding(seconds: -Int64(offset(at: local))) }
        return Timestamp(seconds: gap.second)
    }

    /// The changes of offset in `from + 1 ... to`, ascending.
    func changes(from: Int64, to: Int64) -> [OffsetChange] {
        guard from < to else { return [] }
        var seconds = table[entryCount(until: from)..<entryCount(until: to)].map(\.second)
        let end = table.last?.second ?? Int64.min
        if let rule, to > end { seconds += rule.seconds(from: max(from, end), to: to) }
        return seconds.map { second in
            OffsetChange(
                second: second, before: offset(atSecond: second - 1), after: offset(atSecond: second))
        }.filter { $0.before != $0.after }
    }

    /// The next change of offset after an instant; 400 days after it if there is none before that.
    func nextChange(after instant: Timestamp) -> Timestamp {
        let second = instant.seconds
        let end = second + 400 * 86_400
        return Timestamp(seconds: changes(from: second, to: end).first?.second ?? end)
    }

    /// A bound that exceeds all accepted offsets, in seconds.
    static let widestOffset: Int64 = 27 * 3600

    private func changes(around local: Int64) -> [OffsetChange] {
        changes(from: local - Self.widestOffset, to: local + Self.widestOffset)
    }
}
