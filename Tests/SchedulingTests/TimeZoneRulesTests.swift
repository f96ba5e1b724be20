import Glibc
import Scheduling
import SpoolModel
import Testing

struct TimeZoneRulesTests {
    @Test(
        "A POSIX string gives offset and local time",
        arguments: [
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", 3600, "2026-03-29 01:59:59.000000"),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", 7200, "2026-03-29 03:00:00.000000"),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T00:59:59.5Z", 7200, "2026-10-25 02:59:59.500000"),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", 3600, "2026-10-25 02:00:00.000000"),
            ("<+0330>-3:30", "2026-07-01T00:00:00Z", 12600, "2026-07-01 03:30:00.000000"),
            ("UTC0", "1970-01-01T00:00:00Z", 0, "1970-01-01 00:00:00.000000"),
            ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-01T00:00:00Z", 39600, "2026-01-01 11:00:00.000000"),
            ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-07-01T00:00:00Z", 36000, "2026-07-01 10:00:00.000000"),
            // Julian days with and without the leap day: 60 is the first of March, 59 the 29th of February.
            ("AAA0BBB,J60/0,J61/0", "2028-02-29T23:59:59Z", 0, "2028-02-29 23:59:59.000000"),
            ("AAA0BBB,J60/0,J61/0", "2028-03-01T00:00:00Z", 3600, "2028-03-01 01:00:00.000000"),
            ("AAA0BBB,59/0,60/0", "2028-02-29T00:00:00Z", 3600, "2028-02-29 01:00:00.000000"),
            ("AAA0BBB,59/0,60/0", "2028-03-01T00:00:00Z", 0, "2028-03-01 00:00:00.000000"),
            // Greenland: a rule whose time lies before its day (RFC 9636, section 3.3.2).
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", -7200, "2026-03-28 22:59:59.000000"),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -3600, "2026-03-29 00:00:00.000000"),
            // Gaza: a time of 50 hours is two days after the day.
            ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-28T00:00:00Z", 10800, "2026-03-28 03:00:00.000000"),
            ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-27T23:59:59Z", 7200, "2026-03-28 01:59:59.000000"),
            // Daylight saving all the year.
            ("XXX3EDT4,0/0,J365/23", "2026-01-01T02:59:59Z", -14400, "2025-12-31 22:59:59.000000"),
            ("XXX3EDT4,0/0,J365/23", "2026-01-01T03:00:00Z", -14400, "2025-12-31 23:00:00.000000"),
            ("XXX3EDT4,0/0,J365/23", "2026-07-01T00:00:00Z", -14400, "2026-06-30 20:00:00.000000"),
            // Without rules, those of the United States.
            ("EST5EDT", "2026-03-08T07:00:00Z", -14400, "2026-03-08 03:00:00.000000"),
            ("AAA1:02:03BBB-1,J1,J2", "2026-07-01T00:00:00Z", -3723, "2026-06-30 22:57:57.000000"),
        ])
    func posix(_ rules: String, _ instant: String, _ offset: Int, _ civil: String) throws {
        let zone = try TimeZoneRules(posix: rules)
        #expect(zone.offset(at: Timestamp(instant)) == offset)
        #expect(zone.civil(at: Timestamp(instant)).text == civil)
    }

    @Test(
        "The names are those of winter and summer",
        arguments: [
            ("CET-1CEST,M3.5.0,M10.5.0/3", "CET; CEST"), ("<+0330>-3:30", "+0330; +0330"),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", "GMT; IST"), ("AEST-10AEDT,M10.1.0,M4.1.0/3", "AEST; AEDT"),
        ])
    func names(_ rules: String, _ names: String) throws {
        #expect(try TimeZoneRules(posix: rules).names == names)
        #expect(TimeZoneRules.utc.names == "UTC; UTC")
    }

    @Test(
        "What is not a POSIX string is refused",
        arguments: [
            "", "CET", "C1", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", ":UTC",
            "CET-1CEST,M3.5.7,M10.5.0", "CET-25", "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1CEST,J0,J1", "<+03-3", "CET-1x",
            "CET-1CEST,M3.5.0,M10.5.0/3,", "CET-1:60", "CET--1", "CET99999999999999999999", "CET-1CEST,366,1",
            String(repeating: "A", count: 300) + "1",
        ])
    func noPosix(_ rules: String) {
        #expect(throws: TimeZoneError.self) { try TimeZoneRules(posix: rules) }
    }

    @Test("A refusal shows the text, without what a terminal would take for more")
    func message() {
        let error = #expect(throws: TimeZoneError.self) { try TimeZoneRules(posix: "CET\u{1B}[31m") }
        #expect(
            error?.message
                == "\"CET?[31m\" is not a POSIX time zone; it would look like CET-1CEST,M3.5.0,M10.5.0/3")
    }

    @Test(
        "A local time has one instant, none or two",
        arguments: [
            (CivilTime(year: 2026, month: 7, day: 1, hour: 12), ["2026-07-01T10:00:00Z"], "2026-07-01T10:00:00Z"),
            (CivilTime(year: 2026, month: 3, day: 29, hour: 2, minute: 30), [], "2026-03-29T01:00:00Z"),
            (CivilTime(year: 2026, month: 3, day: 29, hour: 2), [], "2026-03-29T01:00:00Z"),
            (CivilTime(year: 2026, month: 3, day: 29, hour: 3), ["2026-03-29T01:00:00Z"], "2026-03-29T01:00:00Z"),
            (
                CivilTime(year: 2026, month: 10, day: 25, hour: 2, minute: 30),
                ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"], "2026-10-25T00:30:00Z"
            ),
            (CivilTime(year: 2026, month: 10, day: 25, hour: 3), ["2026-10-25T02:00:00Z"], "2026-10-25T02:00:00Z"),
        ])
    func instants(_ time: CivilTime, _ instants: [String], _ instant: String) {
        #expect(Zones.warsaw.instants(of: time).map(\.shortText) == instants)
        #expect(Zones.warsaw.instant(of: time).shortText == instant)
    }

    @Test("Local time and instant lead to each other", arguments: [Zones.warsaw, Zones.lordHowe, Zones.cairo])
    func roundTrip(_ zone: TimeZoneRules) {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<3000 {
            let instant = Timestamp(microseconds: Int64.random(in: 0...4_102_444_800_000_000, using: &generator))
            let time = zone.civil(at: instant)
            #expect(zone.instants(of: time).contains(instant))
            #expect(zone.instant(of: time) <= instant)
        }
    }

    @Test("No instant is too far off", arguments: [Int64.min, Int64.min + 1, 0, Int64.max])
    func extremes(_ microseconds: Int64) {
        let instant = Timestamp(microseconds: microseconds)
        for zone in [TimeZoneRules.utc, Zones.warsaw, Zones.kolkata] {
            _ = zone.civil(at: instant)
            _ = zone.offset(at: instant)
        }
    }
}
