internal import Scheduling
internal import SpoolClient
internal import SpoolModel
internal import TimeZones

/// The next times of a scheduling spec.
struct Forecast {
    /// The spec as it was given.
    let text: String
    /// Why there is no forecast.
    let error: String?
    private let spec: SchedulingSpec?
    private let rules: TimeZoneRules
    /// The name of the time zone, if one was given.
    private let zone: String?
    private let times: [Timestamp]

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
        spec = found?.spec
        rules = found?.rules ?? zones.local
        error = reason
        self.zone = found?.spec.zoneName ?? zone
        self.times = times
    }

    /// The forecast for programs.
    var json: JSON {
        guard let spec else {
            return .object([JSON.Member("spec", .string(text)), JSON.Member("error", .string(error ?? ""))])
        }
        return .object([
            JSON.Member("spec", .string(text)),
            JSON.Member("summary", .string(spec.summary)),
            JSON.Member("zone", zone.map { .string($0) } ?? .null),
            JSON.Member("next", .array(times.map { .string($0.rfc3339) })),
        ])
    }

    /// Prints the forecast: on a terminal the meaning in words, then a line for each time; elsewhere only the times.
    func show() throws {
        guard let spec else {
            Terminal.say("scrapy-spool: \(text.printable()): \((error ?? "").printable())")
            return
        }
        let lines = times.map { Terminal.isOutput ? "  \(weekday(of: $0)) \(civil($0))" : $0.rfc3339 }
        if Terminal.isOutput {
            // The summary of a spec with a zone of its own already contains it.
            let place = spec.isNow || spec.zoneName != nil ? "" : zone.map { " in \($0)" } ?? ""
            try Terminal.put("\(spec.summary.printable())\(place)\n")
            if times.isEmpty, !spec.isNow { try Terminal.put("  never again\n") }
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
