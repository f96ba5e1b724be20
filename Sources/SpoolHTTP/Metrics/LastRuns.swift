internal import SpoolModel
internal import Synchronization

/// When jobs of each spider last ended, for metrics.
///
/// The finished jobs are read once: an index that each scrape needs would stay in memory. What ends later is known from
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
    ) async throws -> [(place: JobTotals.Spider, ends: JobTotals.LastEnds)] {
        var known = read.withLock { $0 }
        if known == nil {
            let (ends, isWhole) = try await reading()
            known = ends
            if isWhole { read.withLock { $0 = ends } }
        }
        var all: [JobTotals.Spider: JobTotals.LastEnds] = [:]
        for (place, ends) in known ?? [:] {
            all[JobTotals.Spider(project: place.project.description, spider: place.spider.description)] = ends
        }
        for (spider, sums) in totals.spiders where !spider.project.isEmpty {
            guard let ends = sums.last else { continue }
            all[spider, default: ends].add(ends)
        }
        return all.sorted { ($0.key.project, $0.key.spider) < ($1.key.project, $1.key.spider) }
            .prefix(JobTotals.mostSpiders).map { ($0.key, $0.value) }
    }

    /// Drops what was read: it is read again for the next scrape.
    func drop() { read.withLock { $0 = nil } }
}
