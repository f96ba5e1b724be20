internal import SpoolModel

/// When a job is to run, as people write it.
///
///     now
///     every [N [to M]] seconds|minutes|hours|days|weeks|monday|...|sunday [at TIME]
///     cron MINUTE HOUR DAY MONTH WEEKDAY
///     cron @hourly|@daily|@midnight|@weekly|@monthly|@yearly|@annually
///     at YYYY-MM-DD HH:MM[:SS]
///
/// All but `now` may end with `in AREA/CITY`, for times in another zone than the program's, and with
/// `with jitter N UNIT`, which delays each run by a random time of 0 to N units.
public struct SchedulingSpec: Sendable, Equatable {
    /// What runs, apart from zone and jitter.
    enum Series: Equatable, Sendable {
        /// At once.
        case now
        /// Every so often.
        case interval(Interval)
        /// Whenever the clock shows certain times.
        case cron(Cron)
        /// At one local time.
        case once(CivilTime)
    }

    /// When runs are due.
    let series: Series
    /// How runs are delayed; nil if they are not.
    let jitter: Jitter?

    /// The zone that `in ZONE` names; nil if the spec leaves it to the program. It is made of letters, digits and
    /// `_ + - /`, does not begin or end with `/`, and need not exist.
    public let zoneName: String?

    /// A spec of its parts.
    init(series: Series, jitter: Jitter? = nil, zoneName: String? = nil) {
        self.series = series
        self.jitter = jitter
        self.zoneName = zoneName
    }

    /// Whether the job runs at once, and not again.
    public var isNow: Bool { series == .now }

    /// The most microseconds from one run to the next when runs come after time that has passed: seconds, minutes or
    /// hours. Nil for all that keeps to what the clock shows.
    public var longestPause: Int64? {
        guard case .interval(let interval) = series, interval.at == nil, interval.unit != .days, interval.unit != .weeks
        else { return nil }
        return Int64(interval.counts.upperBound * interval.unit.seconds) * 1_000_000
    }

    /// Whether the job runs once, at a given time.
    public var isOnce: Bool {
        if case .once = series { true } else { false }
    }
}
