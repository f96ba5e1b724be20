internal import SpoolModel

/// The outcomes and durations of some jobs, as counts. Its size depends on the number of different durations.
struct Tally: Sendable {
    private(set) var counts: [JobState: Int] = [:]
    /// The sum of their durations in seconds.
    private(set) var seconds = 0
    /// The number of jobs for each duration in seconds.
    private(set) var durations: [Int32: Int] = [:]

    /// Adds a number of similar jobs.
    ///
    /// - Parameter seconds: the duration of each job, as the key in `durations` and exactly; nil if they never ran.
    mutating func add(_ count: Int, _ outcome: JobState, seconds: (rounded: Int32, exact: Int)?) {
        counts[outcome] = (counts[outcome] ?? 0).clampedSum(count)
        guard let seconds else { return }
        self.seconds = self.seconds.clampedSum(seconds.exact.clampedProduct(count))
        durations[seconds.rounded] = (durations[seconds.rounded] ?? 0).clampedSum(count)
    }

    /// Adds another tally.
    mutating func add(_ other: Tally) {
        counts.merge(other.counts) { $0.clampedSum($1) }
        seconds = seconds.clampedSum(other.seconds)
        durations.merge(other.durations) { $0.clampedSum($1) }
    }

    /// The smallest duration that at least so many tenths of the jobs did not exceed; nil if no job ran.
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
