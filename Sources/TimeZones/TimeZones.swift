internal import LinuxSystem
public import Scheduling

/// The time zones of this machine: the local one, and those that scheduling specs name.
public struct TimeZones: Sendable {
    /// The zone of displayed times, and of specs without a zone.
    public let local: TimeZoneRules
    private let database: String
    private let files: ZoneFiles

    /// The zones of a database with files of RFC 9636, and the local zone.
    public init(local: TimeZoneRules, database: String = TimeZones.standardDatabase) {
        self.init(local: local, database: database, files: ZoneFiles())
    }

    private init(local: TimeZoneRules, database: String, files: ZoneFiles) {
        self.local = local
        self.database = database
        self.files = files
    }

    /// How often a zone's file was read and parsed, which is done once, and again when the file is another one.
    package var readingCount: Int { files.readingCount }

    /// The directory of the time zone files (tzset(3)).
    public static let standardDatabase = "/usr/share/zoneinfo"

    /// The machine's zones as in the C library (tzset(3)). The local zone is that of TZ, otherwise of `/etc/localtime`,
    /// otherwise UTC.
    public static func ofMachine() throws(UnknownTimeZone) -> TimeZones {
        let database = Host.environment("TZDIR") ?? standardDatabase
        let zones = TimeZones(local: .utc, database: database)
        guard let value = Host.environment("TZ") else {
            guard let rules = try zones.files.rules(inFile: "/etc/localtime", named: "local") else { return zones }
            return TimeZones(local: rules, database: database, files: zones.files)
        }
        return TimeZones(local: try zones.rules(variable: value), database: database, files: zones.files)
    }

    /// The rules of the zone that a spec names, otherwise the local ones.
    public func rules(for spec: SchedulingSpec) throws(UnknownTimeZone) -> TimeZoneRules {
        guard let name = spec.zoneName else { return local }
        return try rules(named: name)
    }

    /// The rules of a zone, such as `Europe/Warsaw`.
    public func rules(named name: String) throws(UnknownTimeZone) -> TimeZoneRules {
        if name == "UTC" { return .utc }
        guard !name.split(separator: "/").contains(".."), !name.hasPrefix("/"),
            let rules = try files.rules(inFile: "\(database)/\(name)", named: name)
        else {
            throw UnknownTimeZone(
                "There is no time zone \(name); write it as in Europe/Warsaw or UTC, with capitals as they are there")
        }
        return rules
    }

    /// The rules for a value of TZ: empty (UTC), a file, a zone of the database, or a POSIX rule.
    private func rules(variable: String) throws(UnknownTimeZone) -> TimeZoneRules {
        let value = variable.hasPrefix(":") ? String(variable.dropFirst()) : variable
        if value.isEmpty { return .utc }
        let path = value.hasPrefix("/") ? value : "\(database)/\(value)"
        if let rules = try files.rules(inFile: path, named: value) { return rules }
        do throws(TimeZoneError) {
            return try TimeZoneRules(posix: value)
        } catch {
            throw UnknownTimeZone("TZ is \(value), which is no time zone of \(database), nor rules: \(error)")
        }
    }
}
