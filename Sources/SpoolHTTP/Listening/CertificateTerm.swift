public import SpoolModel

/// From when to when a certificate is valid, and what is to be said about it.
public struct CertificateTerm: Hashable, Sendable {
    /// How many days before its end a certificate is said to come to it.
    public static let warningDays = 14

    /// The file of the certificate that comes to its end first: the server's own or one above it.
    public let path: String
    /// When it begins.
    public let start: Timestamp
    /// When it ends.
    public let end: Timestamp

    /// A term with nothing left out.
    public init(path: String, start: Timestamp, end: Timestamp) {
        self.path = path
        self.start = start
        self.end = end
    }

    /// Whole days from an instant to the end, rounded down: negative when it is over.
    public func daysLeft(at now: Timestamp) -> Int {
        Int(end.microseconds(since: now).flooredDivision(by: 86_400_000_000).quotient)
    }

    /// Why the certificate needs somebody's hand, in a sentence; nil when it does not.
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

/// When something is said about a certificate: as soon as there is something to say, and once a day as long as it stays so.
package struct CertificateReminder {
    private static let interval: Int64 = 86_400_000_000

    private var last: (term: CertificateTerm, at: Timestamp)?

    /// Nothing was said yet.
    package init() {}

    /// What is to be said at an instant; nil when that is nothing, or was said within a day.
    package mutating func remark(about term: CertificateTerm, at now: Timestamp) -> String? {
        guard let remark = term.remark(at: now) else { return nil }
        if let last, last.term == term, last.at <= now, now.microseconds(since: last.at) < CertificateReminder.interval,
            // The end itself is said when it comes.
            (last.at < term.end) == (now < term.end)
        {
            return nil
        }
        last = (term, now)
        return remark
    }
}
