import SpoolModel
import Testing

@Suite("Instants and their texts")
struct TimestampTests {
    @Test(
        "An instant is written in RFC 3339 and read back",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_513_006_842_415_793, "2017-12-11T15:40:42.415793Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        ])
    func roundTrip(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).rfc3339 == text)
        #expect(Timestamp(rfc3339: text) == Timestamp(microseconds: microseconds))
    }

    @Test(
        "What is not a time in UTC is refused",
        arguments: [
            "", "2017-12-11", "2017-12-11 15:40:42Z", "2017-12-11T15:40:42", "2017-12-11T15:40:42+01:00",
            "2017-13-11T15:40:42Z", "2017-02-29T15:40:42Z", "2017-12-11T24:00:00Z", "2017-12-11T15:40:42.Z",
            "2017-12-11T15:40:42.1234567Z", "2017-12-11T15:40:42Zx", "２017-12-11T15:40:42Z",
        ])
    func refused(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("A shorter fraction is read as what it says")
    func fraction() {
        #expect(Timestamp(rfc3339: "1970-01-01T00:00:00.5Z")?.microseconds == 500_000)
        #expect(Timestamp(rfc3339: "1970-01-01T00:00:00Z")?.microseconds == 0)
    }

    @Test("Every day of 800 years has the date after the day before it")
    func calendar() {
        var expected = CivilTime(year: 1600, month: 1, day: 1)
        for days in expected.daysSinceEpoch..<(expected.daysSinceEpoch + 292_194) {
            let date = CivilTime.date(daysSinceEpoch: days)
            #expect(date == expected && date.daysSinceEpoch == days)
            expected.day += 1
            let leap = expected.year % 4 == 0 && (expected.year % 100 != 0 || expected.year % 400 == 0)
            let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            if expected.day > lengths[expected.month - 1] {
                expected.day = 1
                expected.month += 1
            }
            if expected.month > 12 {
                expected.month = 1
                expected.year += 1
            }
        }
    }

    @Test("The epoch was a Thursday")
    func weekday() {
        #expect(CivilTime(year: 1970, month: 1, day: 1).weekday == 3)
        #expect(CivilTime(year: 2026, month: 11, day: 24).weekday == 1)
    }

    @Test("The API's form has a space and six digits")
    func localText() {
        let time = CivilTime(Timestamp(microseconds: 1_513_006_842_000_001), offset: 3600)
        #expect(time.text == "2017-12-11 16:40:42.000001")
    }
}
