internal import LinuxSystem
internal import Scheduling
internal import SpoolModel

/// The end of a crawl as its log has it: scrapyd does not keep how a job ended.
struct LogEnd {
    /// How the job ended.
    let state: JobState
    /// The crawl's finish reason; nil if the log has none.
    let reason: String?
    /// The time of the first line; nil if that has none.
    let start: Timestamp?

    /// Bytes that are read of the beginning and of the end.
    private static let excerpt = 64 << 10

    /// Reads the beginning and the end of a log.
    ///
    /// - Parameter zone: the zone of its times.
    init(of log: borrowing Descriptor, in zone: TimeZoneRules) throws(SystemError) {
        let size = try log.information().size
        let head = String(decoding: try log.bytes(at: 0, limit: LogEnd.excerpt), as: UTF8.self)
        let tail = String(
            decoding: try log.bytes(at: max(0, size - Int64(LogEnd.excerpt)), limit: LogEnd.excerpt), as: UTF8.self)
        start = LogEnd.time(head, in: zone)
        reason = LogEnd.reason(tail)
        switch reason {
        case nil: state = head.contains(" INFO: ") ? .failed : .successful
        case "shutdown", "cancelled", "canceled": state = .canceled
        default: state = .successful
        }
    }

    /// The finish reason in the last line with one: `Spider closed (finished)`.
    private static func reason(_ text: String) -> String? {
        let words = "Spider closed ("
        guard let range = text.ranges(of: words).last else { return nil }
        let reason = text[range.upperBound...].prefix { $0 != ")" && !$0.isNewline }
        return (1...100).contains(reason.utf8.count) ? String(reason) : nil
    }

    /// The time at the beginning of a log: `2026-11-27 23:57:18 [scrapy…`.
    private static func time(_ text: String, in zone: TimeZoneRules) -> Timestamp? {
        LocalTime.civil(String(text.prefix(19))).map { zone.instant(of: $0) }
    }
}

/// Times as Python's `datetime` writes them, without a zone.
enum LocalTime {
    /// A time of `2026-11-27 23:57:18.342416`, with or without the fraction; nil for any other text.
    static func civil(_ text: String) -> CivilTime? {
        var bytes = Array(text.utf8)
        guard bytes.count >= 19, bytes[10] == UInt8(ascii: " ") else { return nil }
        bytes[10] = UInt8(ascii: "T")
        return Timestamp(rfc3339: String(decoding: bytes, as: UTF8.self) + "Z").map { CivilTime($0) }
    }
}
