internal import SpoolModel
internal import Synchronization

/// When jobs of each spider last ended, for metrics.
///
/// The finished jobs are read once: an index that each scrape needs would stay in memory. Later ends are known from
/// ``JobTotals``.
final class LastRuns: Sendable {
    /// The spiders of the finished jobs that were read, at most ``JobTotals/mostSpiders``; nil before that.
    private let read = Mutex<[SpiderPlace: JobTotals.LastEnds]?>(nil)

    /// Without a reading.
    init() {}

    /// The last ends of each spider, by name.
    ///
    /// - Parameter reading: the last ends by the finished jobs, and whether all of them are known.
    func ends(
        with totals: JobTotals.Snapshot,
        _ reading: () async throws -> (ends: [SpiderPlace: JobTotals.LastEnds], isWhole: Bool)
    ) async throws -> [(place: SpiderPlace, ends: JobTotals.LastEnds)] {
        var all: [SpiderPlace: JobTotals.LastEnds]
        if let known = read.withLock({ $0 }) {
            all = known
        } else {
            let (ends, isWhole) = try await reading()
            all = ends
            if isWhole { read.withLock { $0 = ends } }
        }
        for (place, sums) in totals.spiders {
            guard let ends = sums.last else { continue }
            all[place, default: ends].add(ends)
        }
        return all.sorted { $0.key < $1.key }.prefix(JobTotals.mostSpiders).map { ($0.key, $0.value) }
    }

    /// Drops the reading: the jobs are read again for the next scrape.
    func drop() { read.withLock { $0 = nil } }
}
