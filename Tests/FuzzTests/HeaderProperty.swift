import Authentication

/// Any text can be the value of a parameter of the header field Authorization, and what is read as parameters is the
/// same when each is written as a quoted string.
enum HeaderProperty {
    static func flaw(_ input: [UInt8]) -> String? {
        let text = String(decoding: input, as: UTF8.self)
        guard let user = AuthorizationHeader("Digest username=\(quoted(text)), a=b")?.parameters?["username"],
            user.utf8.elementsEqual(text.utf8)
        else { return "a value is not read as it was written" }
        guard let header = AuthorizationHeader(text) else { return nil }
        _ = header.userHint
        guard let parameters = header.parameters else { return nil }
        let written = parameters.map { "\($0)=\(quoted($1))" }.joined(separator: ", ")
        let again = AuthorizationHeader("Digest \(written)")?.parameters
        return again == parameters ? nil : "\(parameters) has become \(again ?? [:])"
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
    }
}
