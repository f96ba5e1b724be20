internal import SpoolModel

/// Sums of jobs by day and spider.
struct PastSums: Sendable {
    /// The day and the spider of a sum.
    struct Key: Hashable {
        let day: Int
        let place: SpiderPlace
    }

    private(set) var tallies: [Key: Tally] = [:]

    /// Adds the jobs of a line.
    mutating func add(_ job: PastJob) {
        tallies[Key(day: job.day, place: job.place), default: Tally()]
            .add(job.count, job.outcome, seconds: job.seconds.map { (HistorySummary.rounded($0), Int($0)) })
    }
}
