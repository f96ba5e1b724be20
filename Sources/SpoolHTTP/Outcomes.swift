internal import Scheduling
internal import SpoolModel
internal import SpoolStore

/// How many jobs ended in which way on each of the last days, in the server's local time.
struct Outcomes: Sendable {
    private static let finals = [JobState.successful, .failed, .canceled]

    private struct Day {
        let name: String
        var counts: [JobState: Int] = [:]
        /// Seconds that the jobs ran, all together.
        var seconds = 0
    }

    private var days: [Day]

    /// Counts jobs. Those that ended before are left out.
    ///
    /// - Parameters:
    ///   - jobs: finished ones, newest first.
    ///   - instant: the last day is its day.
    init(of jobs: [Job], days count: Int, until instant: Timestamp, in zone: TimeZoneRules) {
        let last = zone.civil(at: instant).daysSinceEpoch
        days = (0..<count).map { Day(name: CivilTime.date(daysSinceEpoch: last - count + 1 + $0).dateText) }
        for job in jobs {
            guard let end = job.status[.ended] ?? job.status[.at] else { continue }
            let index = zone.civil(at: end).daysSinceEpoch - last + count - 1
            if index < 0 { break }
            guard index < count else { continue }
            days[index].counts[job.status.state, default: 0] += 1
            days[index].seconds += job.status.duration ?? 0
        }
    }

    /// A dictionary for each day, the last one last.
    var json: JSON {
        .array(
            days.map { day in
                .object(
                    [JSON.Member("day", .string(day.name))]
                        + Outcomes.finals.map { JSON.Member($0.rawValue, .number(day.counts[$0] ?? 0)) }
                        + [JSON.Member("seconds", .number(day.seconds))])
            })
    }
}
