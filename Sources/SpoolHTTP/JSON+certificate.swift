internal import SpoolModel

extension JSON {
    /// The expiry of the server's certificate, if it has one, and the whole days until then.
    static func certificate(_ certificate: Certificate?, at now: Timestamp) -> [Member] {
        guard let term = certificate?.term else { return [] }
        return [
            Member("certificate-expires", .string(term.end.rfc3339)),
            Member("certificate-days", .number(term.daysLeft(at: now))),
        ]
    }
}
