internal import Scheduling
internal import SpoolModel

/// The jobs of a line of `history/`: one, or several similar ones.
struct PastJob: Sendable {
    /// The day of the end in the server's local time, counted from 1970-01-01.
    let day: Int
    let place: SpiderPlace
    let outcome: JobState
    /// Whole seconds that each ran; nil for a job that never ran.
    let seconds: Int32?
    let count: Int

    init(_ line: HistoryLine, in zone: TimeZoneRules) {
        day = zone.civil(at: line.ended).daysSinceEpoch
        place = SpiderPlace(project: line.project, spider: line.spider)
        outcome = line.outcome
        seconds = line.seconds
        count = line.count
    }
}
