/// The origin of a request, as files, responses and the log name it: `alice` for a login with a password, `token:ci`
/// for a token, `unix:alice` for a user of this machine on a Unix socket without login.
public struct Requester: Hashable, Sendable, CustomStringConvertible {
    /// The most bytes of a name; a longer one is cut.
    private static let longest = 200

    /// The name.
    public let description: String

    /// An authenticated user. The name of a user has no colon, so it cannot be mistaken for a token or a user of the
    /// machine.
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

/// A request to cancel a job, as the content of its file in `cancel/`: `by=NAME` and a line feed if the requester is
/// known, otherwise empty (a file made with touch(1)).
public enum CancelRequest {
    /// The most bytes of such a file that are read.
    public static let limit = 4096

    /// The file's content for a requester.
    public static func content(by requester: Requester) -> [UInt8] {
        Array("by=\(escaped(requester.description))\n".utf8)
    }

    /// The requester that the content names; nil if there is none.
    public static func requester(in content: [UInt8]) -> String? {
        let line = content.prefix { $0 != UInt8(ascii: "\n") }
        guard line.starts(with: "by=".utf8), line.count > 3, line.count < content.count,
            let text = String(validating: line.dropFirst(3), as: UTF8.self),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
        else { return nil }
        return unescaped(text)
    }
}
