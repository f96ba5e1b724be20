import Scheduling
import SpoolModel

/// The zones of the tests, made of POSIX strings: they do not depend on the machine's files.
enum Zones {
    static let warsaw = zone("CET-1CEST,M3.5.0,M10.5.0/3")
    static let lordHowe = zone("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0")
    static let cairo = zone("EET-2EEST,M4.5.5/0,M10.5.4/24")
    static let kolkata = zone("IST-5:30")

    private static func zone(_ posix: String) -> TimeZoneRules {
        do {
            return try TimeZoneRules(posix: posix)
        } catch {
            fatalError("\(posix): \(error)")
        }
    }
}

extension Timestamp {
    /// The instant of an RFC 3339 text that is known to be right.
    init(_ text: String) {
        guard let instant = Timestamp(rfc3339: text) else { fatalError("not an instant: \(text)") }
        self = instant
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The next time of a spec, as text; `never` if there is none.
func next(_ spec: String, after instant: String, in zone: TimeZoneRules = .utc) throws -> String {
    var generator = SeededGenerator(seed: 1)
    let next = try SchedulingSpec(parsing: spec).next(after: Timestamp(instant), in: zone, using: &generator)
    return next.map { $0.shortText } ?? "never"
}

extension Timestamp {
    /// RFC 3339 without a fraction that is zero.
    var shortText: String {
        fraction == 0 ? String(rfc3339.dropLast(8)) + "Z" : rfc3339
    }
}
