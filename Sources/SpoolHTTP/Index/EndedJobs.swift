internal import Scheduling
internal import SpoolModel
internal import SpoolStore

/// A snapshot of the jobs: the unfinished ones, the finished ones, and the history.
struct EndedJobs: Sendable {
    /// The unfinished jobs.
    let active: [Job]
    /// The finished jobs that still have directories.
    let kept: FinishedJobs
    /// Whether `kept` has all of them.
    let isWhole: Bool
    /// The jobs of the last days whose directories are gone.
    let past: Past
}

extension API {
    /// How often the tree is read at most. If the history changes during each read, a job purged during the last one
    /// may be counted twice or not at all.
    private static let mostLooks = 5

    /// Reads all jobs. It waits until all finished jobs are known; with `partly` it returns the known ones at once.
    ///
    /// A purge writes a job's line before it removes the directory. So the history is read first: if it has not changed
    /// after the directories were read, no job has moved from the one to the other in between.
    ///
    /// - Parameter days: the number of days of the history.
    func lookIntoEnded(
        partly: Bool = false, days: Int, until instant: Timestamp, in zone: TimeZoneRules
    ) async throws -> EndedJobs {
        let range = DayStatistics.range(ofDays: days, until: instant, in: zone)
        var looks = 0
        while true {
            var past = try await blocking { [history] in history.past(of: range) }
            let (jobs, marked) = try await look(into: active) { ($0.jobs, $0.ended) }
            let doubtful = past.doubtful.keys
            let (kept, isWhole, known) = try await lookIntoFinished(partly: partly) { content in
                (
                    content.jobs(with: marked, in: zone), content.phase == .whole,
                    Set(doubtful.filter { content.at($0) != nil })
                )
            }
            looks += 1
            let isCurrent = try await blocking { [history, past] in history.isCurrent(past) }
            guard isCurrent || looks == API.mostLooks else { continue }
            past.retire(without: known.union(marked.map(\.job.id)))
            return EndedJobs(active: jobs, kept: kept, isWhole: isWhole, past: past)
        }
    }
}
