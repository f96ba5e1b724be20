import SpoolModel

/// The line of a status that is read is that status; any text can be a fact.
enum StatusProperty {
    static func flaw(_ input: [UInt8]) -> String? {
        let text = String(decoding: input, as: UTF8.self)
        if let flaw = flawOfFact(text) { return flaw }
        guard let status = JobStatus(parsing: text) else { return nil }
        guard let again = JobStatus(parsing: status.line) else { return "its own line cannot be read" }
        guard again == status, again.line.utf8.elementsEqual(status.line.utf8) else { return "another status" }
        _ = (status.duration, status[.outBytes], status[.next], status[.reason])
        return nil
    }

    private static func flawOfFact(_ text: String) -> String? {
        var status = JobStatus(.failed, at: Timestamp(seconds: 0))
        status[.reason] = text
        guard let again = JobStatus(parsing: status.line), let reason = again[.reason] else { return "a fact is lost" }
        return reason.utf8.elementsEqual(text.utf8) ? nil : "a fact has become \(reason.debugDescription)"
    }
}
