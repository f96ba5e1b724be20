import Scheduling
import SpoolModel
import Testing

private func message(_ text: String) -> String? {
    do throws(SchedulingSpecError) {
        _ = try SchedulingSpec(parsing: text)
        return nil
    } catch {
        return "\(error)"
    }
}

struct RefusalTests {
    @Test(
        "A refusal says what is wrong",
        arguments: [
            ("", #"a scheduling spec is "now" or begins with "every", "cron" or "at"; this one is empty"#),
            (" ", #"a scheduling spec is "now" or begins with "every", "cron" or "at"; this one is empty"#),
            ("NOW", #""now" has to stand alone, in lower case and without spaces"#),
            (" now", #""now" has to stand alone, in lower case and without spaces"#),
            ("now in Europe/Warsaw", #""now" has to stand alone, in lower case and without spaces"#),
            ("tomorrow", #"a scheduling spec is "now" or begins with "every", "cron" or "at", not with "tomorrow""#),
            ("every", #""every" lacks an interval, as in "every 5 minutes" or "every monday""#),
            ("every 5", #""every 5" lacks a unit, as in "every 5 minutes""#),
            ("every 0 minutes", #""0" is not an interval: use 1 or more"#),
            ("every -1 minutes", #""-1" is not an interval: use 1 or more"#),
            ("every 0 to 5 minutes", #""0" is not an interval: use 1 or more"#),
            ("every 1 to 0 minutes", #""0" is not an interval: use 1 or more"#),
            ("every 5 minute", #""every 5 minute" should be "every 5 minutes""#),
            (
                "every 2 mondays",
                #""mondays" is not known after "every": use seconds, minutes, hours, days, weeks, a "#
                    + #"day of the week, "to" or "at""#
            ),
            ("every 2 monday", #"a day of the week has no interval: write "every monday", or "every 2 weeks""#),
            ("every 10 to 5 minutes", #""10 to 5" goes down: write "5 to 10""#),
            ("every 5 to minutes", #""to" lacks a number, as in "every 5 to 10 minutes""#),
            ("every to", #""to" lacks a number, as in "every 5 to 10 minutes""#),
            ("every day at", #""at" lacks a time, as in "every day at 10:30""#),
            ("every day at 24:00", #""24:00" has to be hour and minute, 00:00 to 23:59"#),
            ("every day at 9:05", #""9:05" is not a time of two digits on each side, as in "every day at 09:05""#),
            (
                "every day at 10:30:00",
                #""10:30:00" is not a time of two digits on each side, as in "every day at 09:05""#
            ),
            ("every hour at 60:00", #""60:00" has to be minute and second for hours, 00:00 to 59:59"#),
            ("every week at 10:30", #""at" goes with days, hours and days of the week, and comes after them"#),
            ("every at 10:30 day", #""at" goes with days, hours and days of the week, and comes after them"#),
            ("every monday days", "a day of the week does not go with days: leave one of them out"),
            ("every minute 5", #""5" is a number too many: only "every" and "to" are followed by one"#),
            ("every at", #""at" lacks a time, as in "every day at 10:30""#),
            ("every 3155760001 seconds", "3155760001 seconds are more than 100 years: use at most 3155760000 seconds"),
            (
                "every 99999999999999999999 days",
                #""99999999999999999999" is too large: intervals have at most 100 years"#
            ),
            ("every to 5", "the unit is missing: use seconds, minutes, hours, days, weeks or a day of the week"),
            (
                "cron",
                "cron has 0 fields instead of 5: minute, hour, day of the month, month, day of the "
                    + #"week, as in "cron 30 4 * * mon-fri""#
            ),
            (
                "cron * * * *",
                "cron has 4 fields instead of 5: minute, hour, day of the month, month, day of the "
                    + #"week, as in "cron 30 4 * * mon-fri""#
            ),
            (
                "cron @reboot",
                #""@reboot" is not known: use @hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually"#
            ),
            (
                "cron @daily 5",
                #""@daily 5" is not known: use @hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually"#
            ),
            ("cron 60 * * * *", #""60" is not a minute: use 0 to 59, a range, a list or "*""#),
            ("cron * * 0 * *", #""0" is not a day of the month: use 1 to 31, a range, a list or "*""#),
            ("cron * * * foo *", #""foo" is not a month: use 1 to 12 or jan to dec, a range, a list or "*""#),
            ("cron * * * * fri-mon", #"the range "fri-mon" goes down: write two, as in "fri-sat,sun-mon""#),
            ("cron */0 * * * *", #"the step of "*/0" has to be 1 or more, as in "*/5""#),
            (
                "cron 0 0 30 2 *",
                #"no month has the date of "cron 0 0 30 2 *": use a day that occurs in the months given"#
            ),
            (
                "cron 0 0 31 feb,apr,jun *",
                #"no month has the date of "cron 0 0 31 feb,apr,jun *": use a day that occurs in the months given"#
            ),
            ("cron 1,,2 * * * *", #""1,,2" has a comma too many: write it as in "0,2""#),
            ("cron 20-10 * * * *", #"the range "20-10" goes down: write two, as in "20-59,0-10""#),
            ("cron *-5 * * * *", #""*-5" is not a minute: use 0 to 59, a range, a list or "*""#),
            ("at", #""at" is followed by a date and a time, as in "at 2030-12-24 18:30""#),
            ("at 10:30", #""at" is followed by a date and a time, as in "at 2030-12-24 18:30""#),
            ("at 2026-02-30 10:00", #""2026-02-30" is not a date, as in "at 2030-12-24 18:30""#),
            ("at 2026-2-3 10:00", #""2026-2-3" is not a date, as in "at 2030-12-24 18:30""#),
            ("at 2026-12-24 24:00", #""24:00" is not a time from 00:00 to 23:59:59, as in "at 2030-12-24 18:30""#),
            ("at 0000-01-01 00:00", #""0000-01-01" is not a date, as in "at 2030-12-24 18:30""#),
            ("every day in", #""in" lacks a time zone, as in "in Europe/Warsaw""#),
            ("every day in /etc/localtime", #""/etc/localtime" is not the name of a time zone, such as Europe/Warsaw"#),
            ("every day in ../x", #""../x" is not the name of a time zone, such as Europe/Warsaw"#),
            ("every day in Europe//Warsaw", #""Europe//Warsaw" is not the name of a time zone, such as Europe/Warsaw"#),
            ("every day in UTC in UTC", #""in" occurs twice; leave one of them out"#),
            ("every day in UTC soon", #""soon" is a word too many: "in AREA/CITY" and "with jitter N UNIT" come last"#),
            (
                "every day with",
                #""with" is followed by a jitter, its number and its unit: write "with jitter 5 minutes""#
            ),
            (
                "every day with jitter 5",
                #""with" is followed by a jitter, its number and its unit: write "with jitter 5 minutes""#
            ),
            ("every day with jitter 0 minutes", "a jitter of 0 minutes is out of range: use 1 to 52596000"),
            ("every day with jitter 5 minute", #""minute" is not a unit of 5: write "with jitter 5 minutes""#),
            ("every day with jitter 6000 weeks", "a jitter of 6000 weeks is out of range: use 1 to 5217"),
            ("in UTC", #"a scheduling spec is "now" or begins with "every", "cron" or "at", not with "in""#),
            (
                "0 4 * * mon-fri",
                #"a scheduling spec is "now" or begins with "every", "cron" or "at", not with "0": did you mean "#
                    + #""cron 0 4 * * mon-fri"?"#
            ),
            (
                "każdy dzień",
                #"a scheduling spec is "now" or begins with "every", "cron" or "at", not with "każdy""#
            ),
            (
                "every \u{202E}dzień\u{2028}",
                #""?dzień" is not known after "every": use seconds, minutes, hours, days, weeks, a "#
                    + #"day of the week, "to" or "at""#
            ),
            (
                "every \u{1B}[31mday",
                #""?[31mday" is not known after "every": use seconds, minutes, hours, days, weeks, a "#
                    + #"day of the week, "to" or "at""#
            ),
            (
                "every \u{660}5 minutes",
                "\"\u{660}5\"" + #" is not known after "every": use seconds, minutes, hours, days, weeks, a day of "#
                    + #"the week, "to" or "at""#
            ),
        ])
    func messages(_ text: String, _ expected: String) {
        #expect(message(text) == expected)
    }

    @Test("A week may begin with Sunday under either of its numbers", arguments: ["7-3", "0-3", "sun-wed", "7,1-3"])
    func sundays(_ field: String) throws {
        let spec = try SchedulingSpec(parsing: "cron 0 0 * * \(field)")
        #expect(try spec == SchedulingSpec(parsing: "cron 0 0 * * 0,1,2,3"))
    }

    /// Specs that are nearly right, of all fields and suffixes: what people write.
    static var nearMisses: [String] {
        let fields = [
            "20-10", "59-0", "5-4", "23-0", "31-1", "12-1", "nov-feb", "dec-jan", "sat-mon", "fri-mon", "6-1", "7-6",
            "7-0",
            "5-2", "1,,2", "*/0", "30-20/2", "3-1,4", "sun-sat", "sat-sun", "99", "x",
        ]
        let cron = fields.flatMap { field in
            (0..<5).map { place in
                "cron " + (0..<5).map { $0 == place ? field : "*" }.joined(separator: " ")
            }
        }
        return cron + cron.map { String($0.dropFirst("cron ".count)) } + [
            "every", "every 5", "every 5 minute", "every 1 minutes", "every 2 monday", "every 10 to 5 minutes",
            "every 5 to",
            "every day at", "every day at 9:05", "at", "at 10:30", "every day in", "every day with jitter 5 minute",
            "every day with", "cron", "now in Europe/Warsaw",
        ]
    }

    @Test("Each spec that a refusal advises is taken by the parser that gives the advice", arguments: nearMisses)
    func advice(_ text: String) throws {
        guard let message = message(text) else { return }
        for advice in quotations(in: message, after: ["as in ", "write ", "did you mean ", "should be ", "or "])
        where !["every", "cron", "at"].contains(advice) {
            let spec = completed(advice, in: text)
            #expect(Self.isTaken(spec), "\(text) is refused with: \(message)")
        }
    }

    private static func isTaken(_ spec: String) -> Bool { (try? SchedulingSpec(parsing: spec)) != nil }

    /// The texts in quotation marks that follow one of some words.
    private func quotations(in message: String, after words: [String]) -> [String] {
        let parts = message.split(separator: "\"", omittingEmptySubsequences: false)
        return stride(from: 1, to: parts.count, by: 2).compactMap { index in
            words.contains { parts[index - 1].hasSuffix($0) } ? String(parts[index]) : nil
        }
    }

    /// A whole spec with a piece of advice: a field of cron stands where the mistaken one did, a suffix behind a day.
    private func completed(_ advice: String, in text: String) -> String {
        if ["every", "cron", "at", "now"].contains(where: advice.hasPrefix) { return advice }
        if advice.hasPrefix("in ") || advice.hasPrefix("with ") { return "every day " + advice }
        if advice.contains(" to ") { return "every \(advice) minutes" }
        var words = text.split(separator: " ").map(String.init)
        if let place = words.firstIndex(where: { $0 != "cron" && $0 != "*" }) { words[place] = advice }
        return words.joined(separator: " ")
    }

    @Test("Long texts are refused at once, whatever they say")
    func long() {
        #expect(
            message(String(repeating: "every ", count: 200_000))
                == "the scheduling spec has 1200000 bytes; 256 is the most")
        #expect(message("every day" + String(repeating: " ", count: 247)) == nil)
        #expect(message("every day" + String(repeating: " ", count: 248)) != nil)
    }

    @Test("No text is a trap, and what is accepted comes later and has a summary")
    func random() throws {
        let words = [
            "every", "cron", "at", "in", "with", "jitter", "to", "now", "day", "days", "minutes", "hours", "weeks",
            "seconds", "monday", "sunday", "5", "1", "-1", "0", "10:30", "23:59", "99:99", "*", "*/5", "1-5", "fri",
            "@daily", "2026-12-24", "2026-02-30", "Europe/Warsaw", "9223372036854775807", "\u{301}", "é", "\u{0}", "",
            "/", "-", ",", "1_0", "36525", "jan-dec", "29", "2",
        ]
        var generator = SeededGenerator(seed: 4)
        var accepted = 0
        for round in 0..<60_000 {
            var text = ["every ", "cron ", "at ", ""][round % 4]
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                text += words.randomElement(using: &generator) ?? ""
                if Int.random(in: 0..<20, using: &generator) > 0 { text += " " }
            }
            guard let spec = try? SchedulingSpec(parsing: text) else { continue }
            accepted += 1
            #expect(!spec.summary.isEmpty)
            let microseconds = Int64.random(in: -70_000_000_000_000_000...260_000_000_000_000_000, using: &generator)
            for instant in [microseconds, Int64.min, Int64.max, 1_790_000_000_000_000] {
                let instant = Timestamp(microseconds: instant)
                let next = spec.next(after: instant, in: Zones.warsaw, using: &generator)
                #expect(next.map { $0 > instant } ?? true, "\(text)")
            }
        }
        #expect(accepted > 300)
    }
}
