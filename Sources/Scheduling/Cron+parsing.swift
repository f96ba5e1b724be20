extension Cron {
    /// Parses the words after `cron`, in lower case: five fields, or one name such as `@daily`.
    init(words: some Collection<String>) throws(SchedulingSpecError) {
        var fields = Array(words)
        if let name = fields.first, name.hasPrefix("@") {
            guard fields.count == 1, let meaning = Self.names[name] else {
                throw SchedulingSpecError(
                    "\"\(fields.joined(separator: " ").forMessage)\" is not known: "
                        + "use @hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually")
            }
            fields = meaning.split(separator: " ").map(String.init)
        }
        guard fields.count == 5 else {
            throw SchedulingSpecError(
                "cron has \(fields.count) fields instead of 5: minute, hour, day of the month, month, "
                    + "day of the week, as in \"cron 30 4 * * mon-fri\"")
        }
        self.init(
            minutes: try CronField(parsing: fields[0], as: .minute),
            hours: try CronField(parsing: fields[1], as: .hour),
            days: try CronField(parsing: fields[2], as: .day),
            months: try CronField(parsing: fields[3], as: .month),
            weekdays: try CronField(parsing: fields[4], as: .weekday))
        guard canMatch else {
            throw SchedulingSpecError(
                "no month has the date of \"cron \(fields.joined(separator: " ").forMessage)\": "
                    + "use a day that occurs in the months given")
        }
    }

    private static let names = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]
}
