internal import LinuxSystem
internal import SpoolModel

extension Timestamp {
    /// The current time of the wall clock.
    static var now: Timestamp { Timestamp(microseconds: SystemClock.wall()) }

    /// `Tue, 24 Nov 2026 08:15:30 GMT`, the form of HTTP (IMF-fixdate, RFC 9110 §5.6.7).
    var httpDate: String {
        let time = CivilTime(self)
        let day = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][time.weekday]
        let date = time.text
        let clock = date[date.index(date.startIndex, offsetBy: 11)...].prefix(8)
        return
            "\(day), \(time.day < 10 ? "0" : "")\(time.day) \(Timestamp.months[time.month - 1]) \(time.year) \(clock) GMT"
    }

    /// Parses the form of ``httpDate``, without checking the weekday; nil for anything else. The obsolete forms of RFC
    /// 9110 §5.6.7 are not parsed: a condition with one of them is ignored.
    init?(httpDate text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 6, words[5] == "GMT", words[1].utf8.count == 2, words[3].utf8.count == 4,
            let month = Timestamp.months.firstIndex(of: String(words[2])),
            let instant = Timestamp(rfc3339: "\(words[3])-\(month < 9 ? "0" : "")\(month + 1)-\(words[1])T\(words[4])Z")
        else { return nil }
        self = instant
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
