internal import Scheduling
internal import SpoolModel
internal import SpoolStore

/// All jobs that have ended, as they stood in the tree at one moment, and those that have not.
struct EndedJobs: Sendable {
    /// Those that are not finished.
    let active: [Job]
    /// Those that are kept.
    let kept: FinishedJobs
    /// Whether these are all of them.
    let isWhole: Bool
    /// Those of some days whose directories are gone.
    let past: Past
}

extension API {
    /// How often the tree is looked at anew because jobs were purged meanwhile, of which each is counted twice or not at all.
    private static let mostLooks = 5

    /// Looks into all jobs: when all that are kept are known, or, if that will do, at once into those that are.
    ///
    /// A purge writes a job's line first and then takes its directory away. So lines are read first: if there are the same ones
    /// after the directories were looked at, no job has gone from these to those in between.
    ///
    /// - Parameter days: how many days those are wanted of whose directories are gone.
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
            past.settle(without: known.union(marked.map(\.job.id)))
            return EndedJobs(active: jobs, kept: kept, isWhole: isWhole, past: past)
        }
    }
}
