internal import SpoolModel

/// How some jobs went, and how long they ran. Its size does not depend on how many they are.
struct Tally: Sendable {
    private(set) var counts: [JobState: Int] = [:]
    /// Seconds that they ran, all together.
    private(set) var seconds = 0
    /// How many ran so many seconds.
    private(set) var durations: [Int32: Int] = [:]

    /// Adds so many jobs that went alike.
    ///
    /// - Parameter seconds: how long each ran: as it is counted among the durations, and exactly.
    mutating func add(_ count: Int, _ outcome: JobState, seconds: (rounded: Int32, exact: Int)?) {
        counts[outcome] = (counts[outcome] ?? 0).clampedSum(count)
        guard let seconds else { return }
        self.seconds = self.seconds.clampedSum(seconds.exact.clampedProduct(count))
        durations[seconds.rounded] = (durations[seconds.rounded] ?? 0).clampedSum(count)
    }

    /// Adds another one.
    mutating func add(_ other: Tally) {
        counts.merge(other.counts) { $0.clampedSum($1) }
        seconds = seconds.clampedSum(other.seconds)
        durations.merge(other.durations) { $0.clampedSum($1) }
    }

    /// The smallest duration than which at least so many tenths are not larger; nil where none ran.
    func quantile(_ tenths: Int) -> Int32? {
        let total = durations.values.reduce(0) { $0.clampedSum($1) }
        guard total > 0 else { return nil }
        // Rounded up, without a product that may be too large.
        var rest = total / 10 * tenths + (total % 10 * tenths + 9) / 10
        for (seconds, count) in durations.sorted(by: { $0.key < $1.key }) {
            rest -= min(count, rest)
            if rest == 0 { return seconds }
        }
        return nil
    }
}

extension Int {
    /// The most that is counted of anything: JSON's readers know each number up to it.
    private static var most: Int { 1 << 52 }

    /// The sum of two numbers that are not negative.
    fileprivate func clampedSum(_ other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .most : Swift.min(sum, .most)
    }

    /// The product of two numbers that are not negative.
    fileprivate func clampedProduct(_ other: Int) -> Int {
        let (product, overflows) = multipliedReportingOverflow(by: other)
        return overflows ? .most : Swift.min(product, .most)
    }
}
