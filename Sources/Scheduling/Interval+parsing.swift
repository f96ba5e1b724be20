extension Interval {
    /// Parses the words after `every`, in lower case. They may have any order, and later ones replace earlier ones, as
    /// in scrapy-do 0.5.0.
    init(words: some Collection<String>) throws(SchedulingSpecError) {
        var parser = IntervalParser(words: Array(words))
        self = try parser.interval()
    }
}

/// Reads the words of an `every` spec one by one.
private struct IntervalParser {
    private var words: ArraySlice<String>
    private var count = 1
    /// The number after the last `to`. As in scrapy-do, the range of a replaced one is not checked.
    private var latest: (number: PythonInteger, text: String)?
    private var unit: TimeUnit?
    private var weekday: Int?
    private var at: TimeOfDay?

    init(words: [String]) {
        self.words = words[...]
    }

    mutating func interval() throws(SchedulingSpecError) -> Interval {
        guard let first = words.first else {
            throw SchedulingSpecError("\"every\" lacks an interval, as in \"every 5 minutes\" or \"every monday\"")
        }
        if let number = PythonInteger(first) {
            words = words.dropFirst()
            count = try Self.positive(number, text: first)
            guard !words.isEmpty else {
                throw SchedulingSpecError("\"every \(first.forMessage)\" lacks a unit, as in \"every 5 minutes\"")
            }
        }
        while let word = words.popFirst() {
            try take(word)
        }
        return try finish()
    }

    private mutating func take(_ word: String) throws(SchedulingSpecError) {
        if let named = TimeUnit(rawValue: word) {
            unit = named
        } else if let named = TimeUnit.allCases.first(where: { $0.singular == word }) {
            guard count == 1 else {
                throw SchedulingSpecError("\"every \(count) \(word)\" should be \"every \(count) \(named.rawValue)\"")
            }
            unit = named
        } else if let day = CalendarNames.weekdays.firstIndex(where: { $0.lowercased() == word }) {
            guard count == 1 else {
                throw SchedulingSpecError(
                    "a day of the week has no interval: write \"every \(word)\", or \"every \(count) weeks\"")
            }
            (weekday, unit) = (day, .weeks)
        } else if word == "at" {
            at = try time()
        } else if word == "to" {
            latest = try upperBound()
        } else if PythonInteger(word) != nil {
            throw SchedulingSpecError(
                "\"\(word.forMessage)\" is a number too many: only \"every\" and \"to\" are followed by one")
        } else {
            throw SchedulingSpecError(
                "\"\(word.forMessage)\" is not known after \"every\": "
                    + "use seconds, minutes, hours, days, weeks, a day of the week, \"to\" or \"at\"")
        }
    }

    private mutating func upperBound() throws(SchedulingSpecError) -> (number: PythonInteger, text: String) {
        guard let word = words.popFirst(), let number = PythonInteger(word) else {
            throw SchedulingSpecError("\"to\" lacks a number, as in \"every 5 to 10 minutes\"")
        }
        return (number, word)
    }

    private mutating func time() throws(SchedulingSpecError) -> TimeOfDay {
        guard let word = words.popFirst() else {
            throw SchedulingSpecError("\"at\" lacks a time, as in \"every day at 10:30\"")
        }
        guard unit == .days || unit == .hours || (weekday != nil && unit != .minutes) else {
            throw SchedulingSpecError("\"at\" goes with days, hours and days of the week, and comes after them")
        }
        guard let (left, right) = word.twoByTwoDigits, right < 60 else {
            throw SchedulingSpecError(
                "\"\(word.forMessage)\" is not a time of two digits on each side, as in \"every day at 09:05\"")
        }
        if unit == .hours {
            guard left < 60, weekday == nil || left < 30 else {
                throw SchedulingSpecError(
                    "\"\(word.forMessage)\" has to be minute and second for hours, 00:00 to 59:59")
            }
            return TimeOfDay(minute: left, second: right)
        }
        guard left < 24 else {
            throw SchedulingSpecError("\"\(word.forMessage)\" has to be hour and minute, 00:00 to 23:59")
        }
        return TimeOfDay(hour: left, minute: right)
    }

    private func finish() throws(SchedulingSpecError) -> Interval {
        guard let unit else {
            throw SchedulingSpecError(
                "the unit is missing: use seconds, minutes, hours, days, weeks or a day of the week")
        }
        guard weekday == nil || unit == .weeks else {
            throw SchedulingSpecError("a day of the week does not go with \(unit.rawValue): leave one of them out")
        }
        var last = count
        if let latest { last = try Self.positive(latest.number, text: latest.text) }
        guard last >= count else {
            throw SchedulingSpecError("\"\(count) to \(last)\" goes down: write \"\(last) to \(count)\"")
        }
        guard last <= unit.most else {
            throw SchedulingSpecError(
                "\(last) \(unit.rawValue) are more than 100 years: use at most \(unit.most) \(unit.rawValue)")
        }
        return Interval(counts: count...last, unit: unit, weekday: weekday, at: at)
    }

    private static func positive(_ number: PythonInteger, text: String) throws(SchedulingSpecError) -> Int {
        guard case .value(let value) = number else {
            throw SchedulingSpecError("\"\(text.forMessage)\" is too large: intervals have at most 100 years")
        }
        guard value >= 1 else {
            throw SchedulingSpecError("\"\(text.forMessage)\" is not an interval: use 1 or more")
        }
        return value
    }
}
