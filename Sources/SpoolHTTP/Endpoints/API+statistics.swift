internal import Scheduling
internal import SpoolModel
internal import TimeZones

extension API {
    /// The default number of days.
    static let days = 14

    /// `statistics.json`: the outcomes and durations of the jobs of the last days.
    func statistics(_ parameters: Parameters) async throws -> APIResponse {
        let days = try parameters.number("days", in: 1...DayStatistics.mostDays) ?? API.days
        let filter = try JobFilter(parameters)
        let zone = settings.timeZones.local
        let now = now
        let ended = try await lookIntoEnded(days: days, until: now, in: zone)
        let statistics = DayStatistics(
            of: ended.kept, and: ended.past, where: { filter.wants($0.project, $0.spider) }, days: days,
            until: now, in: zone)
        return .ok([JSON.Member("timezone", .string(zone.names)), JSON.Member("days", statistics.json)])
    }
}
