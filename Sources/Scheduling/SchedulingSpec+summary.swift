internal import SpoolModel

extension SchedulingSpec {
    /// The spec in plain words: `every Monday at 12:30`, `at 04:00 on Monday to Friday`.
    public var summary: String {
        var text =
            switch series {
            case .now: "now"
            case .interval(let interval): interval.summary
            case .cron(let cron): cron.summary
            case .once(let time): "once on \(time.dateText) at \(TimeOfDay(time).text)"
            }
        if let zoneName { text += " in \(zoneName)" }
        if let jitter { text += ", up to \(jitter.unit.counted(jitter.count)) later" }
        return text
    }
}

extension TimeOfDay {
    fileprivate init(_ time: CivilTime) {
        self.init(hour: time.hour, minute: time.minute, second: time.second)
    }
}

extension Interval {
    /// `every 2 to 3 hours`, `every Monday at 12:30`.
    var summary: String {
        var text = "every "
        if counts.count > 1 {
            text += "\(counts.lowerBound) to \(counts.upperBound) \(unit.rawValue)"
            if let weekday { text += " on \(CalendarNames.weekdays[weekday])" }
        } else if let weekday {
            text += CalendarNames.weekdays[weekday]
        } else {
            text += unit.every(counts.lowerBound)
        }
        guard let at else { return text }
        if unit == .days || weekday != nil { return text + " at \(at.text)" }
        let second = "second \(at.second)"
        return text + " at " + (unit == .hours ? "minute \(at.minute), \(second)" : second)
    }
}
