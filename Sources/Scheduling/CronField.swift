/// The values that one field of a cron spec allows.
struct CronField: Equatable, Sendable {
    /// Which field it is: its name, its range and the names that its values have.
    struct Kind: Sendable {
        /// As error messages call it.
        let name: String
        /// The numbers that it may have; 7 is Sunday once more.
        let range: ClosedRange<Int>
        /// Three lower case letters each, the first for the lowest value.
        var names: [String] = []

        /// Fields in the order of a line of crontab(5).
        static let minute = Kind(name: "minute", range: 0...59)
        static let hour = Kind(name: "hour", range: 0...23)
        static let day = Kind(name: "day of the month", range: 1...31)
        static let month = Kind(
            name: "month", range: 1...12, names: CalendarNames.months.map { $0.prefix(3).lowercased() })
        static let weekday = Kind(
            name: "day of the week", range: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])
    }

    /// Ascending.
    let values: [Int]
    /// Whether the field begins with `*`, which makes it not restrict the day in the sense of crontab(5).
    let isStar: Bool

    /// Whether it allows a value.
    func contains(_ value: Int) -> Bool {
        values.contains(value)
    }
}
