extension Cron {
    /// `at 04:00 on Monday to Friday`, `every 5 minutes`, `at minute 0 and 30 of the hours 8 to 17 in July`.
    var summary: String {
        let dates = dates
        if dates.isEmpty, !times.hasPrefix("every") {
            return "every day \(times)"
        }
        return times + dates
    }

    private var times: String {
        if hours.values.count == 24 { return timesOfHour }
        if minutes.values.count * hours.values.count <= 4 {
            let times = hours.values.flatMap { hour in
                minutes.values.map { TimeOfDay(hour: hour, minute: $0).text }
            }
            return "at " + times.joined(lastWord: "and")
        }
        let hours = hours.values.count == 1 ? "hour " : "hours "
        return "\(timesOfHour) of the " + hours + self.hours.spans { "\($0)" }
    }

    private var timesOfHour: String {
        let minutes = minutes.values
        if minutes.count == 60 { return "every minute" }
        if minutes.count > 1, let step = evenStep(minutes) { return "every \(step) minutes" }
        if minutes == [0], hours.values.count == 24 { return "every hour" }
        let words = "at minute " + self.minutes.spans { "\($0)" }
        return hours.values.count == 24 ? "every hour " + words : words
    }

    /// The step of minutes that are spread evenly over the hour from 0 on; nil for others.
    private func evenStep(_ minutes: [Int]) -> Int? {
        guard minutes.first == 0, 60 % minutes.count == 0 else { return nil }
        let step = 60 / minutes.count
        return minutes.enumerated().allSatisfy { $0.element == $0.offset * step } ? step : nil
    }

    /// ` on Monday to Friday`, ` on day 1 of July`; empty for every day.
    private var dates: String {
        let month = months.values.count == 12 ? "" : " in " + months.spans { CalendarNames.months[$0 - 1] }
        let day = "day " + days.spans { "\($0)" } + " of the month"
        // Sunday last, as is customary.
        let sundayLast = CronField(values: weekdays.values.map { ($0 + 6) % 7 }.sorted(), isStar: weekdays.isStar)
        let weekday = sundayLast.spans { CalendarNames.weekdays[$0] }
        let allDays = days.values.count == 31
        let allWeekdays = weekdays.values.count == 7
        if isEither, allDays || allWeekdays { return month }
        return switch (allDays, allWeekdays) {
        case (true, true): month
        case (false, true): " on \(day)" + month
        case (true, false): " on \(weekday)" + month
        case (false, false): isEither ? " on \(day) or on \(weekday)" + month : " on \(day) if it is \(weekday)" + month
        }
    }
}

extension CronField {
    /// The values in words; three or more consecutive ones as `1 to 5`.
    fileprivate func spans(_ name: (Int) -> String) -> String {
        var spans: [ClosedRange<Int>] = []
        for value in values {
            if let last = spans.last, last.upperBound == value - 1 {
                spans[spans.count - 1] = last.lowerBound...value
            } else {
                spans.append(value...value)
            }
        }
        let words = spans.flatMap { span in
            span.count > 2 ? ["\(name(span.lowerBound)) to \(name(span.upperBound))"] : span.map(name)
        }
        return words.joined(lastWord: "and")
    }
}
