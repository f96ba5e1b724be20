internal import Scheduling
internal import SpoolModel

/// The outcomes of the jobs that ended on each of the last days, kept or not, in the server's local time.
struct DayStatistics: Sendable {
    /// The most days of a report.
    static let mostDays = 366

    private static let finals = [JobState.successful, .failed, .canceled]

    private var days: [(name: String, tally: Tally)]

    /// Counts jobs by the day of their end. Jobs of other days are ignored.
    ///
    /// - Parameters:
    ///   - past: the jobs whose directories were deleted.
    ///   - isWanted: whether the jobs of a spider count.
    ///   - instant: an instant of the last day.
    init(
        of jobs: FinishedJobs, and past: Past, where isWanted: (SpiderPlace) -> Bool = { _ in true }, days count: Int,
        until instant: Timestamp, in zone: TimeZoneRules
    ) {
        let range = DayStatistics.range(ofDays: count, until: instant, in: zone)
        days = range.map { (CivilTime.date(daysSinceEpoch: $0).dateText, Tally()) }
        let isPlaceWanted = jobs.places.map(isWanted)
        for segment in jobs.segments {
            for entry in segment.entries where isPlaceWanted[Int(entry.place)] && range.contains(Int(entry.day)) {
                days[Int(entry.day) - range.lowerBound].tally.add(
                    1, entry.state, seconds: entry.seconds < 0 ? nil : (entry.seconds, Int(entry.seconds)))
            }
        }
        for (key, tally) in past.sums.lazy.flatMap(\.tallies) where range.contains(key.day) && isWanted(key.place) {
            days[key.day - range.lowerBound].tally.add(tally)
        }
    }

    /// The last days, counted from 1970-01-01, in the server's local time.
    static func range(ofDays count: Int, until instant: Timestamp, in zone: TimeZoneRules) -> ClosedRange<Int> {
        let last = zone.civil(at: instant).daysSinceEpoch
        return last - count + 1...last
    }

    /// A dictionary for each day, the last one last.
    var json: JSON {
        .array(
            days.map { day, tally in
                .object(
                    [JSON.Member("day", .string(day))]
                        + DayStatistics.finals.map { JSON.Member($0.rawValue, .number(tally.counts[$0] ?? 0)) }
                        + [
                            JSON.Member("seconds", .number(tally.seconds)),
                            JSON.Member("median", tally.quantile(5).map { .number(Int($0)) } ?? .null),
                            JSON.Member("p90", tally.quantile(9).map { .number(Int($0)) } ?? .null),
                        ])
            })
    }
}
