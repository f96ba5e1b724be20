internal import LinuxSystem
internal import Scheduling
internal import Synchronization

/// Compiled time zone files (RFC 9636), each read once and again when it was changed or replaced.
final class ZoneFiles: Sendable {
    /// How many zones are kept, those that were used last.
    static let limit = 64

    private struct Entry {
        /// The file that the rules were read from, as it was then.
        let file: FileInformation
        let rules: TimeZoneRules
        var lastUse: UInt64
    }

    private struct Cache {
        var entries: [String: Entry] = [:]
        var uses: UInt64 = 0

        mutating func rules(of path: String, in file: FileInformation) -> TimeZoneRules? {
            guard let entry = entries[path], entry.file == file else { return nil }
            uses += 1
            entries[path]?.lastUse = uses
            return entry.rules
        }

        mutating func keep(_ rules: TimeZoneRules, of path: String, in file: FileInformation) {
            uses += 1
            entries[path] = Entry(file: file, rules: rules, lastUse: uses)
            guard entries.count > ZoneFiles.limit else { return }
            if let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) { entries[oldest.key] = nil }
        }
    }

    private let cache = Mutex(Cache())
    private let readings = Atomic(0)

    /// How often a file was read and parsed.
    var readingCount: Int { readings.load(ordering: .relaxed) }

    /// The cached rules of a file, or its content.
    private enum Reading {
        case rules(TimeZoneRules)
        case content([UInt8], FileInformation)
    }

    /// The rules in a file; nil when there is none.
    ///
    /// - Parameter name: the name of the zone.
    func rules(inFile path: String, named name: String) throws(UnknownTimeZone) -> TimeZoneRules? {
        switch try reading(of: path) {
        case nil: return nil
        case .rules(let rules): return rules
        case .content(let bytes, let file):
            do throws(TimeZoneError) {
                let rules = try TimeZoneRules(name: name, tzif: bytes)
                cache.withLock { $0.keep(rules, of: path, in: file) }
                return rules
            } catch {
                throw UnknownTimeZone("\(path): \(error)")
            }
        }
    }

    private func reading(of path: String) throws(UnknownTimeZone) -> Reading? {
        do throws(SystemError) {
            let file = try Descriptor(reading: path)
            let information = try file.information()
            guard information.kind == .file else { return nil }
            if let rules = cache.withLock({ $0.rules(of: path, in: information) }) { return .rules(rules) }
            readings.add(1, ordering: .relaxed)
            return .content(try file.readStream(limit: 1 << 20), information)
        } catch {
            if error.isMissing { return nil }
            throw UnknownTimeZone("\(path): \(error.reason)")
        }
    }
}
