internal import Scheduling
internal import SpoolClient
internal import SpoolModel
internal import TimeZones

/// The next times of a scheduling spec, or of a schedule.
struct Forecast {
    /// The spec as it was given.
    let text: String
    /// Why there is no forecast.
    let error: String?
    /// The meaning of the spec; nil without a forecast.
    private let summary: String?
    /// Whether the summary has the zone.
    private let hasZone: Bool
    /// Whether it is `now`, which has no times.
    private let isNow: Bool
    private let rules: TimeZoneRules
    /// The name of the time zone, if one was given.
    private let zone: String?
    private let times: [Timestamp]
    /// What the answer has besides.
    private let more: [JSON.Member]

    /// Looks ahead from an instant.
    init(of text: String, from instant: Timestamp, count: Int, in zones: TimeZones, zone: String?) {
        self.text = text
        var found: (spec: SchedulingSpec, rules: TimeZoneRules)?
        var times: [Timestamp] = []
        var reason: String?
        do {
            let spec = try SchedulingSpec(parsing: text)
            found = (spec, try zones.rules(for: spec))
            var generator = SystemRandomNumberGenerator()
            var due = instant
            while times.count < count, let firing = try zones.firing(of: spec, after: due, using: &generator) {
                times.append(firing.time)
                due = firing.due
            }
            if times.isEmpty, !spec.isNow {
                found = nil
                reason = "it is in the past"
            }
        } catch {
            found = nil
            reason = "\(error)"
        }
        summary = found?.spec.summary
        hasZone = found?.spec.zoneName != nil
        isNow = found?.spec.isNow ?? false
        more = []
        rules = found?.rules ?? zones.local
        error = reason
        self.zone = found?.spec.zoneName ?? zone
        self.times = times
    }

    /// Takes a forecast from a server.
    ///
    /// - Parameter answer: that of `next-runs.json` for the id.
    init(ofSchedule id: String, _ answer: JSON, in zones: TimeZones) {
        text = answer["spec"]?.text ?? ""
        error = nil
        summary = answer["summary"]?.text ?? text
        zone = answer["zone"]?.text
        hasZone = zone != nil
        isNow = false
        // Times are those of the spec's zone, if this machine knows it.
        rules = (try? SchedulingSpec(parsing: text)).flatMap { try? zones.rules(for: $0) } ?? zones.local
        times = (answer["next"]?.elements ?? []).compactMap { $0.text.flatMap { Timestamp(rfc3339: $0) } }
        more = [JSON.Member("id", .string(id))] + (answer["paused"].map { [JSON.Member("paused", $0)] } ?? [])
    }

    /// The forecast for programs.
    var json: JSON {
        guard let summary else {
            return .object([JSON.Member("spec", .string(text)), JSON.Member("error", .string(error ?? ""))])
        }
        return .object(
            [
                JSON.Member("spec", .string(text)),
                JSON.Member("summary", .string(summary)),
                JSON.Member("zone", zone.map { .string($0) } ?? .null),
                JSON.Member("next", .array(times.map { .string($0.rfc3339) })),
            ] + more)
    }

    /// Prints the forecast: on a terminal the meaning in words, then a line for each time; elsewhere only the times.
    func show() throws {
        guard let summary else {
            Terminal.say("scrapy-spool: \(text.printable()): \((error ?? "").printable())")
            return
        }
        let lines = times.map { Terminal.isOutput ? "  \(weekday(of: $0)) \(civil($0))" : $0.rfc3339 }
        if Terminal.isOutput {
            // The summary of a spec with a zone of its own already contains it.
            let place = isNow || hasZone ? "" : zone.map { " in \($0)" } ?? ""
            let pause = more.contains { $0.name == "paused" } ? ", paused: these times go by" : ""
            try Terminal.put("\(summary.printable())\(place)\(pause)\n")
            if times.isEmpty, !isNow { try Terminal.put("  never again\n") }
        }
        try Terminal.put(lines.map { "\($0)\n" }.joined())
    }

    private func weekday(of time: Timestamp) -> String {
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][rules.civil(at: time).weekday]
    }

    /// The local time to the second, without its fraction.
    private func civil(_ time: Timestamp) -> String {
        String(rules.civil(at: time).text.prefix { $0 != "." })
    }
}
