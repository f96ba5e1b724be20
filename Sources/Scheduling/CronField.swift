/// The values that one field of a cron spec allows.
struct CronField: Equatable, Sendable {
    /// The kind of field: its name, its range, and the names of its values.
    struct Kind: Sendable {
        /// The name in error messages.
        let name: String
        /// The accepted numbers; 7 is Sunday too.
        let range: ClosedRange<Int>
        /// Three lower case letters each, the first for the lowest value.
        var names: [String] = []

        /// In the order of a line of crontab(5).
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
    /// Whether the field begins with `*`, so that it does not restrict the day in the sense of crontab(5).
    let isStar: Bool

    /// Whether the field allows a value.
    func contains(_ value: Int) -> Bool {
        values.contains(value)
    }
}
