import LinuxSystem
import Scheduling
import TestSpool
import Testing
import TimeZones

@Suite("Time zone files")
final class ZoneFilesTests {
    private let database: Directory
    private let zones: TimeZones
    private let system: Directory

    init() throws {
        let path = try TemporarySpool.directory()
        database = try Directory(path: path)
        zones = TimeZones(local: .utc, database: path)
        system = try Directory(path: TimeZones.standardDatabase)
    }

    private func content(_ name: String) throws -> [UInt8] { try system.content(name) }

    deinit {
        // What is left does no harm to other tests.
        for name in (try? database.names()) ?? [] { try? database.removeTree(name) }
    }

    @Test("A file is parsed once, and again when it is another one or has another content")
    func once() throws {
        #expect(throws: UnknownTimeZone.self) { try zones.rules(named: "Here") }
        try database.writeDurably("Here", try content("Europe/Warsaw"))
        for _ in 0..<100 { #expect(try zones.rules(named: "Here").names == "CET; CEST") }
        #expect(zones.readingCount == 1)
        try database.publish("Here", try content("Asia/Tokyo"))
        for _ in 0..<100 { #expect(try zones.rules(named: "Here").names == "JST; JST") }
        #expect(zones.readingCount == 2)
        try database.rewriteDurably("Here", try content("America/New_York"))
        #expect(try zones.rules(named: "Here").names == "EST; EDT")
        #expect(zones.readingCount == 3)
        // What cannot be read is not kept in mind.
        try database.publish("Here", Array("no zone".utf8))
        #expect(throws: UnknownTimeZone.self) { try zones.rules(named: "Here") }
        try database.remove("Here")
        #expect(throws: UnknownTimeZone.self) { try zones.rules(named: "Here") }
        try database.writeDurably("Here", try content("Europe/Warsaw"))
        #expect(try zones.rules(named: "Here").names == "CET; CEST")
    }

    @Test("No more than 64 zones are kept, those that were asked for last")
    func bounded() throws {
        let bytes = try content("Europe/Warsaw")
        for number in 0..<66 { try database.writeDurably("Zone\(number)", bytes) }
        for number in 0..<66 { _ = try zones.rules(named: "Zone\(number)") }
        #expect(zones.readingCount == 66)
        for number in 10..<66 { _ = try zones.rules(named: "Zone\(number)") }
        #expect(zones.readingCount == 66)
        _ = try zones.rules(named: "Zone0")
        #expect(zones.readingCount == 67)
    }
}
