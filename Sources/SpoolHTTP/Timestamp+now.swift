internal import LinuxSystem
internal import SpoolModel

extension Timestamp {
    /// The instant by the wall clock.
    static var now: Timestamp { Timestamp(microseconds: Machine.wallClock()) }

    /// `Tue, 24 Nov 2026 08:15:30 GMT`, the form of HTTP (IMF-fixdate, RFC 9110 §5.6.7).
    var httpDate: String {
        let time = CivilTime(self)
        let day = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][time.weekday]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let date = time.text
        let clock = date[date.index(date.startIndex, offsetBy: 11)...].prefix(8)
        return "\(day), \(time.day < 10 ? "0" : "")\(time.day) \(months[time.month - 1]) \(time.year) \(clock) GMT"
    }
}
