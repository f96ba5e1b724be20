internal import Scheduling
internal import SpoolModel

/// The outcomes of the jobs that ended on each of the last days, in the server's local time.
struct DayStatistics: Sendable {
    /// The most days of a report.
    static let mostDays = 366

    private static let finals = [JobState.successful, .failed, .canceled]

    private struct Day {
        let name: String
        var counts: [JobState: Int] = [:]
        /// The duration of each job, in seconds.
        var durations: [Int32] = []
    }

    private var days: [Day]

    /// Counts jobs by the day of their end. Earlier ones are ignored.
    ///
    /// - Parameters:
    ///   - isWanted: whether the jobs of a spider count.
    ///   - instant: an instant of the last day.
    init(
        of jobs: FinishedJobs, where isWanted: (SpiderPlace) -> Bool = { _ in true }, days count: Int,
        until instant: Timestamp, in zone: TimeZoneRules
    ) {
        let last = zone.civil(at: instant).daysSinceEpoch
        days = (0..<count).map { Day(name: CivilTime.date(daysSinceEpoch: last - count + 1 + $0).dateText) }
        let isPlaceWanted = jobs.places.map(isWanted)
        for segment in jobs.segments {
            for entry in segment.entries where isPlaceWanted[Int(entry.place)] {
                let index = Int(entry.day) - last + count - 1
                guard days.indices.contains(index) else { continue }
                days[index].counts[entry.state, default: 0] += 1
                if entry.seconds >= 0 { days[index].durations.append(entry.seconds) }
            }
        }
    }

    /// A dictionary for each day, the last one last.
    var json: JSON {
        .array(
            days.map { day in
                let durations = day.durations.sorted()
                return .object(
                    [JSON.Member("day", .string(day.name))]
                        + DayStatistics.finals.map { JSON.Member($0.rawValue, .number(day.counts[$0] ?? 0)) }
                        + [
                            JSON.Member("seconds", .number(durations.reduce(0) { $0 + Int($1) })),
                            JSON.Member("median", DayStatistics.quantile(5, of: durations)),
                            JSON.Member("p90", DayStatistics.quantile(9, of: durations)),
                        ])
            })
    }

    /// A quantile of sorted numbers by the nearest rank; null without numbers.
    private static func quantile(_ tenths: Int, of numbers: [Int32]) -> JSON {
        numbers.isEmpty ? .null : .number(numbers[(numbers.count * tenths + 9) / 10 - 1])
    }
}
