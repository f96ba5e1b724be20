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

    /// How soon the job is to end: the step that its escalation takes at once, if it has not come so far.
    public enum Step: String, Sendable, Comparable {
        /// SIGTERM, as after the grace.
        case terminate
        /// SIGKILL.
        case kill

        public static func < (one: Step, other: Step) -> Bool { one == .terminate && other == .kill }
    }

    /// The file's content for a requester.
    public static func content(by requester: Requester?, step: Step? = nil) -> [UInt8] {
        let words = [requester.map { "by=\(escaped($0.description))" }, step.map { "step=\($0.rawValue)" }]
        return Array((words.compactMap { $0 }.joined(separator: " ") + "\n").utf8)
    }

    /// The requester that the content names; nil if there is none.
    public static func requester(in content: [UInt8]) -> String? {
        words(in: content)?.first { $0.hasPrefix("by=") }.flatMap {
            $0.count > 3 ? unescaped(String($0.dropFirst(3))) : nil
        }
    }

    /// The step that the content names; nil if there is none.
    public static func step(in content: [UInt8]) -> Step? {
        words(in: content)?.first { $0.hasPrefix("step=") }.flatMap { Step(rawValue: String($0.dropFirst(5))) }
    }

    /// The words of the first line; nil if it does not end, or has another word or character in it.
    private static func words(in content: [UInt8]) -> [Substring]? {
        let line = content.prefix { $0 != UInt8(ascii: "\n") }
        guard line.count < content.count, let text = String(validating: line, as: UTF8.self),
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else { return nil }
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        return words.allSatisfy { $0.hasPrefix("by=") || $0.hasPrefix("step=") } ? words : nil
    }
}
