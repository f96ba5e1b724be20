internal import HTTPTypes
internal import LinuxSystem
internal import SpoolModel

/// The validators of a file's content (RFC 9110 §8.8): a client that has it need not fetch it again, and can resume an
/// interrupted download.
struct Validators: Sendable {
    /// The strong entity tag, in its quotation marks.
    let tag: String
    /// Whether clients get it.
    private let hasTag: Bool
    /// The time of the last change for the field Last-Modified; nil for times outside its format, and for those in the
    /// future, which must not be sent.
    let modified: String?
    private let second: Int64

    /// The validators of a file that is no longer written.
    init(_ information: FileInformation, at now: Timestamp, hasTag: Bool = true) {
        self.hasTag = hasTag
        let times = [information.modificationTime, information.changeTime]
        tag =
            "\""
            + ([String(information.inode, radix: 36), String(information.size, radix: 36)]
            + times.map { String($0.seconds, radix: 36) + "." + String($0.nanoseconds, radix: 36) })
            .joined(separator: "-") + "\""
        second = information.modificationTime.seconds
        // Up to the year 9999.
        modified =
            (0...253_402_300_799).contains(second) && second <= now.seconds ? Timestamp(seconds: second).httpDate : nil
    }

    /// The header fields of an answer.
    var fields: HTTPFields {
        var fields: HTTPFields = hasTag ? [.eTag: tag] : [:]
        if let modified { fields[.lastModified] = modified }
        return fields
    }

    /// Whether the client has this content (RFC 9110 §13.2.2).
    func areKnown(by request: HTTPFields) -> Bool {
        if let known = request[.ifNoneMatch] {
            return known.split(separator: ",").contains { entry in
                let entry = entry.drop { $0 == " " || $0 == "\t" }
                let tag = (entry.hasPrefix("W/") ? entry.dropFirst(2) : entry).prefix { $0 != " " && $0 != "\t" }
                return tag == "*" || tag == self.tag
            }
        }
        guard modified != nil, let since = request[.ifModifiedSince].flatMap({ Timestamp(httpDate: $0) }) else {
            return false
        }
        return second <= since.seconds
    }

    /// Whether a request's Range applies: it has no If-Range, or one that matches this content (RFC 9110 §13.1.5).
    static func allowRange(_ validators: Validators?, of request: HTTPFields) -> Bool {
        guard let condition = request[.ifRange] else { return true }
        return condition == validators?.tag || condition == validators?.modified
    }
}
