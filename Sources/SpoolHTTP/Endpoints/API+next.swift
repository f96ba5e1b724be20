internal import LinuxSystem
internal import Scheduling
internal import SpoolModel
internal import TimeZones

extension API {
    /// The most runs that are predicted.
    private static let mostRuns = 100

    /// `next-runs.json`: the meaning of a scheduling spec and its next runs, or the error in it.
    func nextRuns(_ parameters: Parameters) throws -> APIResponse {
        let text = try parameters.required("when")
        let count = try parameters.number("count", in: 1...API.mostRuns) ?? 5
        let spec = JSON.Member("spec", .string(text))
        let start = try parameters.text("after").map { text throws(APIError) in
            guard let start = Timestamp(rfc3339: text) else {
                throw APIError.badRequest("\"after\" is a time of the form 2026-11-28T12:00:00Z, not \"\(text)\"")
            }
            return start
        }
        do {
            let (parsed, times) = try runs(of: text, count: count, after: start ?? now)
            guard parsed.isNow || !times.isEmpty else {
                return .ok([spec, JSON.Member("error", .string(API.pastMessage(text)))])
            }
            return .ok([
                spec, JSON.Member("summary", .string(parsed.summary)),
                JSON.Member("zone", parsed.zoneName.map { .string($0) } ?? .null),
                JSON.Member("next", .array(times.map { .string($0.rfc3339) })),
            ])
        } catch {
            // Not an error of the request: a form shows the error in a spec while the user types it.
            return .ok([spec, JSON.Member("error", .string("\(error)"))])
        }
    }

    private func runs(of text: String, count: Int, after start: Timestamp) throws -> (SchedulingSpec, [Timestamp]) {
        let spec = try SchedulingSpec(parsing: text)
        _ = try settings.timeZones.rules(for: spec)
        var generator = SystemRandomNumberGenerator()
        var times: [Timestamp] = []
        var due = start
        while times.count < count, let firing = try settings.timeZones.firing(of: spec, after: due, using: &generator) {
            times.append(firing.time)
            due = firing.due
        }
        return (spec, times)
    }
}
