/// Who asked for something, as files, answers and the log name them: `alice` who has logged in with a password, `token:ci`
/// with a token, `unix:alice` a user of this machine at a Unix socket where nobody logs in.
public struct Requester: Hashable, Sendable, CustomStringConvertible {
    /// The most bytes of a name.
    private static let longest = 200

    /// The name.
    public let description: String

    /// Who has logged in. A user's name has no colon, so none can be mistaken for a token or a user of the machine.
    public init(user: String, isToken: Bool) {
        self.init(name: isToken ? "token:\(user)" : user)
    }

    /// A user of this machine, by name or number.
    public init(machineUser: String) {
        self.init(name: "unix:\(machineUser)")
    }

    private init(name: String) {
        description =
            name.utf8.count <= Requester.longest
            ? name : String(decoding: name.utf8.prefix(Requester.longest), as: UTF8.self)
    }
}

/// A request to cancel a job, as its file in `cancel/` says it: `by=NAME` and a line feed where somebody is known to have
/// asked, nothing where somebody has touched it.
public enum CancelRequest {
    /// The most bytes of such a file that are read.
    public static let limit = 4096

    /// The content for a requester.
    public static func content(by requester: Requester) -> [UInt8] {
        Array("by=\(escaped(requester.description))\n".utf8)
    }

    /// Who has asked, if the content says so.
    public static func requester(in content: [UInt8]) -> String? {
        let line = content.prefix { $0 != UInt8(ascii: "\n") }
        guard line.starts(with: "by=".utf8), line.count > 3, line.count < content.count,
            let text = String(validating: line.dropFirst(3), as: UTF8.self),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
        else { return nil }
        return unescaped(text)
    }
}
