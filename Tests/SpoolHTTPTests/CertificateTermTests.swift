import SpoolHTTP
import SpoolModel
import Testing

@Suite("For how long a certificate will do")
struct CertificateTermTests {
    private static let end = Timestamp(microseconds: 1_764_000_000_000_000)
    private static let day: Int64 = 86_400
    private let term = CertificateTerm(path: "c.pem", start: end.adding(seconds: -90 * day), end: end)

    @Test(
        "It is spoken of from 14 days before its end on, and before its start",
        arguments: [
            (-14 * day, 14, nil), (-14 * day + 1, 13, "expires in 13 days, at "), (-2 * day, 2, "expires in 2 days, "),
            (-day, 1, "expires in 1 day, "), (-1, 0, "expires in less than a day, "), (0, 0, "has expired at "),
            (1, -1, "has expired at "), (400 * day, -400, "has expired at "), (-91 * day, 91, "is not valid before "),
        ] as [(Int64, Int, String?)])
    func remarks(seconds: Int64, days: Int, part: String?) {
        let now = CertificateTermTests.end.adding(seconds: seconds)
        let remark = term.remark(at: now)
        #expect(term.daysLeft(at: now) == days)
        #expect((remark == nil) == (part == nil))
        #expect(remark?.contains(part ?? "") != false && remark?.contains("c.pem") != false, "\(remark ?? "")")
    }

    @Test("It is said once a day, at once when it ends, and anew of another certificate")
    func reminder() {
        var reminder = CertificateReminder()
        func said(_ seconds: Int64) -> Bool {
            reminder.remark(about: term, at: CertificateTermTests.end.adding(seconds: seconds)) != nil
        }
        let day = CertificateTermTests.day
        // The last one: a clock that was set back.
        let times = [
            -20 * day, -13 * day, -13 * day + 60, -12 * day - 1, -12 * day, -day / 2, 0, 60, day, -5 * day,
        ]
        #expect(times.map { said($0) } == [false, true, false, false, true, true, true, false, true, true])
        let other = CertificateTerm(path: "d.pem", start: term.start, end: term.end)
        let remark = reminder.remark(about: other, at: CertificateTermTests.end.adding(seconds: -5 * day))
        #expect(remark != nil)
    }

    @Test("No time is too far away")
    func extremes() {
        let far = CertificateTerm(
            path: "c.pem", start: Timestamp(microseconds: .min), end: Timestamp(microseconds: .max))
        #expect(far.daysLeft(at: Timestamp(microseconds: .min)) > 100_000_000)
        #expect(far.remark(at: CertificateTermTests.end) == nil)
    }
}
