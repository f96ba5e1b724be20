public import SpoolModel

/// A server's response: its bytes, and the JSON object in them.
public struct ServerReply: Sendable {
    /// The body as received.
    public let bytes: [UInt8]
    /// The object in the body.
    public let json: JSON

    /// The strings in an array of the object; empty if there is none.
    public func texts(_ name: String) -> [String] {
        (json[name]?.elements ?? []).compactMap(\.text)
    }

    /// Parses a response.
    ///
    /// - Throws: the server's error; `.unreachable` when the response is not one of this API.
    init(status: Int, bytes: [UInt8], from address: ServerAddress, as credentials: Credentials) throws(ClientError) {
        // A body that is not JSON is reported below.
        let json = JSON(ifValid: bytes)
        let message = json?["msg"]?.text
        if status == 401 {
            throw ClientError(
                .unauthorized, ServerReply.unauthorized(message, at: address, as: credentials),
                answer: json == nil ? nil : bytes)
        }
        guard let json, case .object = json else {
            throw ClientError(
                .unreachable,
                "the program at \(address) is no scrapy-spool, as it answers with HTTP status \(status) and no JSON: check the URL"
            )
        }
        guard status == 200, json["status"]?.text != "error" else {
            throw ClientError(
                status == 403 ? .unauthorized : .refused, message ?? "the server answered with HTTP status \(status)",
                answer: bytes, status: status)
        }
        self.bytes = bytes
        self.json = json
    }

    private static func unauthorized(
        _ message: String?, at address: ServerAddress, as credentials: Credentials
    ) -> String {
        let reason =
            switch credentials {
            case .none: "the server at \(address) requires a login: give --username, or SCRAPY_SPOOL_TOKEN"
            case .password(let user, _): "the server at \(address) does not accept the name or the password of \(user)"
            case .token: "the server at \(address) does not accept the token"
            }
        guard let message, message != "Unauthorized" else { return reason }
        return "\(reason) (\(message))"
    }
}
