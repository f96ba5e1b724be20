internal import SpoolModel

/// Sums of jobs by day and spider.
struct PastSums: Sendable {
    /// The days and spiders that sums are of.
    struct Key: Hashable {
        let day: Int
        let place: SpiderPlace
    }

    private(set) var tallies: [Key: Tally] = [:]

    /// Adds what a line tells of.
    mutating func add(_ job: PastJob) {
        tallies[Key(day: job.day, place: job.place), default: Tally()]
            .add(job.count, job.outcome, seconds: job.seconds.map { (HistorySummary.rounded($0), Int($0)) })
    }
}
