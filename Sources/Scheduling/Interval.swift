/// A spec that begins with `every`: an interval, fixed or drawn for each run, with an optional weekday and time.
struct Interval: Equatable, Sendable {
    /// How many units are between two runs; a range is drawn from for each run.
    var counts = 1...1
    /// The unit of `counts`.
    var unit = TimeUnit.days
    /// The day of the week, 0 (Monday) to 6; its unit is the week.
    var weekday: Int?
    /// The time of day for days and weekdays, the minute and second for hours, and the second alone for other units.
    /// There scrapy-do keeps it from an earlier unit of the spec.
    var at: TimeOfDay?
}
