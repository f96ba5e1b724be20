internal import SpoolModel

/// The schedule of a job, in its textual form:
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
    /// The kinds of specs, without zone and jitter.
    enum Series: Equatable, Sendable {
        /// At once.
        case now
        /// In intervals.
        case interval(Interval)
        /// At certain times of the clock.
        case cron(Cron)
        /// At one local time.
        case once(CivilTime)
    }

    /// The due times.
    let series: Series
    /// The delay of runs; nil without jitter.
    let jitter: Jitter?

    /// The zone of `in ZONE`; nil if the spec has none. It consists of letters, digits and `_ + - /`, does not begin or
    /// end with `/`, and need not exist.
    public let zoneName: String?

    /// Creates a spec.
    init(series: Series, jitter: Jitter? = nil, zoneName: String? = nil) {
        self.series = series
        self.jitter = jitter
        self.zoneName = zoneName
    }

    /// Whether the job runs at once, and only once.
    public var isNow: Bool { series == .now }

    /// The maximum number of microseconds between two runs of an interval of elapsed time (seconds, minutes or hours
    /// without `at`). Nil for specs bound to the clock.
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
