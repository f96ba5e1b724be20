/// A unit of intervals.
enum TimeUnit: String, CaseIterable, Sendable {
    /// The plural, which specs use; with the number 1 they use the singular.
    case seconds, minutes, hours, days, weeks

    /// The unit in seconds, on days without a change of the offset.
    var seconds: Int {
        switch self {
        case .seconds: 1
        case .minutes: 60
        case .hours: 3600
        case .days: 86_400
        case .weeks: 604_800
        }
    }

    /// `second`, `minute` and so on.
    var singular: String { String(rawValue.dropLast()) }

    /// The maximum interval in units: 100 years of 365.25 days.
    var most: Int { 36_525 * 86_400 / seconds }

    /// `minute` for 1, else `5 minutes`.
    func every(_ count: Int) -> String {
        count == 1 ? singular : "\(count) \(rawValue)"
    }

    /// `1 minute`, `5 minutes`.
    func counted(_ count: Int) -> String {
        "\(count) \(count == 1 ? singular : rawValue)"
    }
}
