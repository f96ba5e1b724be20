import Scheduling
import SpoolModel
import Testing
import TimeZones

@Suite("The machine's time zones")
struct TimeZonesTests {
    let zones = TimeZones(local: .utc)

    @Test("are read from its database")
    func named() throws {
        let summer = try #require(Timestamp(rfc3339: "2026-07-01T12:00:00Z"))
        let rules = try zones.rules(named: "Europe/Warsaw")
        #expect(rules.names == "CET; CEST")
        #expect(rules.offset(at: summer) == 7200)
    }

    @Test("give the rules of the zone that a spec names, and the local ones otherwise")
    func ofSpec() throws {
        #expect(try zones.rules(for: SchedulingSpec(parsing: "every day at 10:00")).name == "UTC")
        #expect(try zones.rules(for: SchedulingSpec(parsing: "every day at 10:00 in Asia/Tokyo")).name == "Asia/Tokyo")
    }

    @Test(
        "say of a name that there is no such zone",
        arguments: ["Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "Europe"])
    func unknown(name: String) {
        let error = #expect(throws: UnknownTimeZone.self) { try zones.rules(named: name) }
        #expect(error?.description.hasPrefix("There is no time zone \(name); ") == true)
    }

    @Test("delay a firing by its jitter, counted from when it is due")
    func jitter() throws {
        var generator = SystemRandomNumberGenerator()
        let spec = try SchedulingSpec(parsing: "every day at 10:00 with jitter 5 minutes")
        let now = try #require(Timestamp(rfc3339: "2026-07-01T12:00:00Z"))
        let firing = try #require(try zones.firing(of: spec, after: now, using: &generator))
        #expect(firing.due == Timestamp(rfc3339: "2026-07-02T10:00:00Z"))
        #expect((0...300_000_000).contains(firing.time.microseconds - firing.due.microseconds))
    }
}
