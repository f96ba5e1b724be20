import Scheduling
import SpoolModel

/// A spec that is read has a summary, means the same in other white space, and its next time is later than the
/// instant, to the end of time. A second line is a POSIX time zone.
enum SpecProperty {
    private static let zones = ["CET-1CEST,M3.5.0,M10.5.0/3", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"]

    static func flaw(_ input: [UInt8]) -> String? {
        let lines = input.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard let text = lines.first, let spec = try? SchedulingSpec(parsing: text) else { return nil }
        guard !spec.summary.isEmpty else { return "no summary" }
        let spaced = text.split(separator: " ").joined(separator: " \t ")
        if !spec.isNow, spaced.utf8.count <= 256, (try? SchedulingSpec(parsing: spaced)) != spec {
            return "\(spaced.debugDescription) is another spec"
        }
        let zones = (zones + lines.dropFirst()).compactMap { try? TimeZoneRules(posix: $0) } + [.utc]
        var generator = SeededGenerator(of: input)
        for zone in zones {
            for instant in instants(using: &generator) {
                if let flaw = flaw(spec, after: instant, in: zone, &generator) { return flaw }
            }
        }
        return nil
    }

    private static func instants(using generator: inout SeededGenerator) -> [Timestamp] {
        let years = Int64(9_900) * 366 * 86_400
        return [
            Timestamp(seconds: Int64.random(in: 1_500_000_000...2_500_000_000, using: &generator)),
            Timestamp(seconds: Int64.random(in: -years...years, using: &generator)),
            Timestamp(microseconds: Int64.random(in: .min ... .max, using: &generator)),
        ]
    }

    private static func flaw(
        _ spec: SchedulingSpec, after instant: Timestamp, in zone: TimeZoneRules, _ generator: inout SeededGenerator
    ) -> String? {
        var instant = instant
        for _ in 0..<3 {
            guard let next = spec.next(after: instant, in: zone, using: &generator) else { return nil }
            guard next > instant else { return "\(next.rfc3339) after \(instant.rfc3339) in \(zone.name)" }
            instant = next
        }
        return nil
    }
}
