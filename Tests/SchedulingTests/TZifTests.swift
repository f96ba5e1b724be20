import Glibc
import Scheduling
import SpoolModel
import Testing

/// The bytes of a file of `/usr/share/zoneinfo`; nil without tzdata.
private func zoneFile(_ name: String) -> [UInt8]? {
    guard let file = fopen("/usr/share/zoneinfo/\(name)", "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 100_000)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes.prefix(count))
}

/// A version 1 file with the changes given, of two kinds of time: +1 AAA and +2 BBB.
private func versionOne(changes: [Int32], kinds: [UInt8]) -> [UInt8] {
    func integer(_ value: Int32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
    var bytes = Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
    for count in [0, 0, 0, Int32(changes.count), 2, 8] { bytes += integer(count) }
    for change in changes { bytes += integer(change) }
    bytes += kinds
    bytes += integer(3600) + [0, 0] + integer(7200) + [1, 4]
    return bytes + Array("AAA\0BBB\0".utf8)
}

struct TZifTests {
    @Test("The machine's file of Warsaw agrees with the rule of today, and has the times of before")
    func warsaw() throws {
        guard let bytes = zoneFile("Europe/Warsaw") else { return }
        let zone = try TimeZoneRules(name: "Europe/Warsaw", tzif: bytes)
        #expect(zone.names == "CET; CEST")
        #expect(zone.name == "Europe/Warsaw")
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<3000 {
            let instant = Timestamp(seconds: Int64.random(in: 851_000_000...7_000_000_000, using: &generator))
            #expect(zone.offset(at: instant) == Zones.warsaw.offset(at: instant))
        }
        // Warsaw mean time, and the double summer time of 1944.
        #expect(zone.offset(at: Timestamp("1870-01-01T00:00:00Z")) == 5040)
        #expect(zone.civil(at: Timestamp("1944-07-01T12:00:00Z")).hour == 14)
    }

    @Test("Samoa had no 30th of December 2011")
    func samoa() throws {
        guard let bytes = zoneFile("Pacific/Apia") else { return }
        let zone = try TimeZoneRules(name: "Pacific/Apia", tzif: bytes)
        #expect(zone.instants(of: CivilTime(year: 2011, month: 12, day: 30, hour: 12)).isEmpty)
        #expect(
            try next("cron 0 12 * * *", after: "2011-12-29T22:00:00Z", in: zone) == "2011-12-30T10:00:00Z")
    }

    @Test("A file of version 1 has no rule: its last change holds")
    func versionOneFile() throws {
        let zone = try TimeZoneRules(
            name: "One", tzif: versionOne(changes: [0, 15_000_000, 30_000_000], kinds: [1, 0, 1]))
        #expect(zone.names == "AAA; BBB")
        #expect(zone.offset(at: Timestamp(seconds: -1)) == 3600)
        #expect(zone.offset(at: Timestamp(seconds: 0)) == 7200)
        #expect(zone.offset(at: Timestamp(seconds: 20_000_000)) == 3600)
        #expect(zone.offset(at: Timestamp(seconds: 9_000_000_000)) == 7200)
    }

    @Test("Files that say nothing sensible are refused")
    func refusals() throws {
        func message(_ bytes: [UInt8]) -> String? {
            do throws(TimeZoneError) {
                _ = try TimeZoneRules(name: "X", tzif: bytes)
                return nil
            } catch {
                return error.message
            }
        }
        #expect(message([]) == "the time zone file of X is cut short; reinstall tzdata")
        #expect(
            message([UInt8](repeating: 65, count: 50))
                == "the time zone file of X is not one; it does not begin with TZif")
        #expect(
            message([UInt8](repeating: 65, count: 70_000))
                == "the time zone file of X is larger than 64 KiB, which no time zone is")
        #expect(
            message(versionOne(changes: [5, 5], kinds: [0, 1]))
                == "the time zone file of X has changes that are not in order; reinstall tzdata")
        #expect(
            message(versionOne(changes: [5, 6], kinds: [0, 2]))
                == "the time zone file of X has changes that are not in order; reinstall tzdata")
        if let bytes = zoneFile("right/Europe/Warsaw") {
            #expect(message(bytes)?.contains("counts leap seconds") == true)
        }
    }

    @Test("No file is a trap, cut short or changed at random")
    func hostile() throws {
        let file = zoneFile("Europe/Warsaw") ?? versionOne(changes: [0, 15_000_000], kinds: [1, 0])
        for length in 0..<file.count {
            _ = try? TimeZoneRules(name: "X", tzif: Array(file.prefix(length)))
        }
        var generator = SeededGenerator(seed: 11)
        var accepted = 0
        for _ in 0..<4000 {
            var bytes = file
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let header = Bool.random(using: &generator)
                let position = Int.random(in: 0..<(header ? 44 : bytes.count), using: &generator)
                bytes[position] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let zone = try? TimeZoneRules(name: "X", tzif: bytes) else { continue }
            accepted += 1
            let instant = Timestamp(seconds: Int64.random(in: -60_000_000_000...250_000_000_000, using: &generator))
            let civil = zone.civil(at: instant)
            _ = zone.instants(of: civil)
            for spec in ["cron */7 * * * *", "cron 30 2 * * *", "every day at 02:30", "every hour at 30:00"] {
                let next = try SchedulingSpec(parsing: spec).next(after: instant, in: zone, using: &generator)
                #expect(next.map { $0 > instant } ?? true)
            }
        }
        #expect(accepted > 0)
    }
}
