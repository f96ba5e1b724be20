/// A spec that begins with `every`: an interval, fixed or drawn anew each time, and what of the calendar it keeps to.
struct Interval: Equatable, Sendable {
    /// How many units lie between two runs; one is drawn where there are several.
    var counts = 1...1
    /// What `counts` counts.
    var unit = TimeUnit.days
    /// The day of the week, 0 for Monday to 6; its unit is the week.
    var weekday: Int?
    /// The time of day for days and weekdays; minute and second for hours; the second alone for other units, which
    /// scrapy-do takes over from a unit that was named before.
    var at: TimeOfDay?
}
