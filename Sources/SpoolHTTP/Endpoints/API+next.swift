internal import HTTPTypes
internal import LinuxSystem
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension API {
    /// The most runs that are predicted.
    private static let mostRuns = 100

    /// `next-runs.json`: the meaning of a scheduling spec and its next runs, or the error in it; or those of a schedule.
    func nextRuns(_ parameters: Parameters) async throws -> APIResponse {
        let count = try parameters.number("count", in: 1...API.mostRuns) ?? 5
        let start = try parameters.text("after").map { text throws(APIError) in
            guard let start = Timestamp(rfc3339: text) else {
                throw APIError.badRequest("\"after\" is a time of the form 2026-11-28T12:00:00Z, not \"\(text)\"")
            }
            return start
        }
        let (text, id) = (try parameters.text("when"), try parameters.text("id"))
        guard let id else {
            guard let text else { throw APIError.badRequest("Neither argument present: \"when\", \"id\"") }
            return nextRuns(of: text, count: count, after: start ?? now)
        }
        guard text == nil, start == nil else {
            throw APIError.badRequest("\"id\" goes with neither \"when\" nor \"after\": its schedule has both")
        }
        return try nextRuns(ofSchedule: try await job(id), count: count)
    }

    private func nextRuns(of text: String, count: Int, after start: Timestamp) -> APIResponse {
        do {
            let (spec, rules) = try parsed(text)
            let times = runs(of: spec, in: rules, count: count, after: start)
            guard spec.isNow || !times.isEmpty else {
                return .ok([JSON.Member("spec", .string(text)), JSON.Member("error", .string(API.pastMessage(text)))])
            }
            return .ok(members(of: text, spec, times))
        } catch {
            // Not an error of the request: a form shows the error in a spec while the user types it.
            return .ok([JSON.Member("spec", .string(text)), JSON.Member("error", .string("\(error)"))])
        }
    }

    /// The next runs as the engine has planned them, and those that follow. A paused schedule lets these times go by.
    private func nextRuns(ofSchedule job: Job, count: Int) throws(APIError) -> APIResponse {
        let (text, status) = (job.metadata.schedule, job.status)
        guard status.state == .scheduled else {
            throw .badRequest("Job \(job.id) is \(status.state.rawValue): only schedules have next runs")
        }
        let spec: SchedulingSpec, rules: TimeZoneRules
        do {
            (spec, rules) = try parsed(text)
        } catch {
            throw APIError(.internalServerError, "The schedule cannot be used: \(error)")
        }
        // Without a first time, the engine is about to find one.
        let first = status.firing.map { [$0.time] } ?? []
        let rest =
            spec.isOnce && !first.isEmpty
            ? [] : runs(of: spec, in: rules, count: count - first.count, after: status.firing?.due ?? now)
        let paused = job.pause.map { [JSON.Member("paused", .string($0.since.rfc3339))] } ?? []
        return .ok(members(of: text, spec, first + rest) + paused)
    }

    private func members(of text: String, _ spec: SchedulingSpec, _ times: [Timestamp]) -> [JSON.Member] {
        [
            JSON.Member("spec", .string(text)), JSON.Member("summary", .string(spec.summary)),
            JSON.Member("zone", spec.zoneName.map { .string($0) } ?? .null),
            JSON.Member("next", .array(times.map { .string($0.rfc3339) })),
        ]
    }

    private func parsed(_ text: String) throws -> (SchedulingSpec, TimeZoneRules) {
        let spec = try SchedulingSpec(parsing: text)
        return (spec, try settings.timeZones.rules(for: spec))
    }

    private func runs(
        of spec: SchedulingSpec, in rules: TimeZoneRules, count: Int, after start: Timestamp
    ) -> [Timestamp] {
        var generator = SystemRandomNumberGenerator()
        var times: [Timestamp] = []
        var due = start
        while times.count < count, let firing = spec.firing(after: due, in: rules, using: &generator) {
            times.append(firing.time)
            due = firing.due
        }
        return times
    }
}
