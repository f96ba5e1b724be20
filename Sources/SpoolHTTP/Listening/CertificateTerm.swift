public import SpoolModel

/// The validity of a certificate, and the warnings about it.
public struct CertificateTerm: Hashable, Sendable {
    /// Days before expiry from which a certificate is reported.
    public static let warningDays = 14

    /// The file of the certificate that expires first: the server's own or one of its chain.
    public let path: String
    /// The start of the validity.
    public let start: Timestamp
    /// The end of the validity.
    public let end: Timestamp

    /// A term with all its parts.
    public init(path: String, start: Timestamp, end: Timestamp) {
        self.path = path
        self.start = start
        self.end = end
    }

    /// Whole days from an instant to the end, rounded down: negative after expiry.
    public func daysLeft(at now: Timestamp) -> Int {
        Int(end.microseconds(since: now).flooredDivision(by: 86_400_000_000).quotient)
    }

    /// A sentence about a certificate that needs an administrator's action; nil otherwise.
    public func remark(at now: Timestamp) -> String? {
        let days = daysLeft(at: now)
        if end <= now {
            return
                "The certificate \(path) has expired at \(end.rfc3339): clients refuse it; put a new one in its place, "
                + "which is taken at once"
        }
        if start > now {
            return
                "The certificate \(path) is not valid before \(start.rfc3339): clients refuse it; is the clock right?"
        }
        guard days < CertificateTerm.warningDays else { return nil }
        let time = days == 0 ? "in less than a day" : days == 1 ? "in 1 day" : "in \(days) days"
        return
            "The certificate \(path) expires \(time), at \(end.rfc3339): put a new one in its place, which is taken at once"
    }
}

/// Limits the warnings about a certificate: at once, and then once a day while it needs action.
package struct CertificateReminder {
    private static let interval: Int64 = 86_400_000_000

    private var last: (term: CertificateTerm, at: Timestamp)?

    /// Without any warning so far.
    package init() {}

    /// The warning for an instant; nil without a reason, or if it was given within a day.
    package mutating func remark(about term: CertificateTerm, at now: Timestamp) -> String? {
        guard let remark = term.remark(at: now) else { return nil }
        if let last, last.term == term, last.at <= now, now.microseconds(since: last.at) < CertificateReminder.interval,
            // The expiry itself is reported when it comes.
            (last.at < term.end) == (now < term.end)
        {
            return nil
        }
        last = (term, now)
        return remark
    }
}
