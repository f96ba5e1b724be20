internal import SpoolClient
internal import SpoolModel

extension Session {
    /// Days before expiry from which a certificate is reported.
    private static let certificateDays = 14

    /// Prints remarks on standard error about the parts of status.json that need an administrator's action.
    static func sayRemarks(on status: JSON) {
        for remark in remarks(on: status) { Terminal.say(remark.printable()) }
    }

    private static func remarks(on status: JSON) -> [String] {
        var remarks: [String] = []
        if status["held"] == .bool(true) {
            remarks.append(
                "The server's spool is held, because \(status["held-because"]?.text ?? "it is a copy"): jobs are started "
                    + "after `\(status["held-until"]?.text ?? "scrapy-spool resume SPOOL")` there")
        }
        if let days = status["certificate-days"]?.integer, days < certificateDays {
            let end = status["certificate-expires"]?.text.map { ", at \($0)" } ?? ""
            remarks.append(
                days < 0
                    ? "The server's certificate has expired\(end): other clients refuse it"
                    : "The server's certificate expires in less than \(days + 1) day\(days == 0 ? "" : "s")\(end)")
        }
        return remarks
    }
}
