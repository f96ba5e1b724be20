internal import SpoolModel

extension JSON {
    /// When the server's certificate ends, where it has one, and how many whole days that is away.
    static func certificate(_ certificate: Certificate?, at now: Timestamp) -> [Member] {
        guard let term = certificate?.term else { return [] }
        return [
            Member("certificate-expires", .string(term.end.rfc3339)),
            Member("certificate-days", .number(term.daysLeft(at: now))),
        ]
    }
}
