/// The address that a webhook is sent to: an http or https URL with a host, without user and fragment (RFC 3986).
public struct HookURL: Hashable, Sendable {
    /// Why a text is no such address: a sentence without its end.
    public struct Flaw: Error, Sendable, CustomStringConvertible {
        /// The sentence.
        public let description: String
    }

    /// The most bytes of an address.
    private static let longest = 2048

    /// The address as it was given. It may hold a secret.
    public let text: String
    /// Whether it is an https address.
    public let isPrivate: Bool
    /// The host, without the brackets of an IPv6 address, in lower case.
    public let host: String
    /// Scheme, host and port, for messages: the rest may be secret.
    public let shown: String

    /// Checks an address.
    public init(_ text: String) throws(Flaw) {
        guard text.utf8.count <= HookURL.longest, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            !text.contains(where: { "\"<>\\^`{|}".contains($0) })
        else {
            throw Flaw(description: "a url is at most 2048 printable ASCII characters, others with percent escapes")
        }
        let lower = text.lowercased()
        guard let scheme = ["https", "http"].first(where: { lower.hasPrefix("\($0)://") }) else {
            throw Flaw(description: "a url begins with https://")
        }
        let rest = text.dropFirst(scheme.count + 3)
        guard !rest.contains("#") else { throw Flaw(description: "a url has no fragment (`#`) here") }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else {
            throw Flaw(
                description: "a url has no user and password here; sign with secret-file, or put a token into it")
        }
        guard let host = HookURL.host(of: String(authority)) else {
            throw Flaw(description: "a url needs a host, and a port from 1 to 65535 if any")
        }
        self.text = text
        self.host = host.lowercased()
        isPrivate = scheme == "https"
        shown = "\(scheme)://\(authority)"
    }

    /// The host of `host`, `host:port` or `[address]:port`; nil if either is none.
    private static func host(of authority: String) -> String? {
        let host: Substring
        let rest: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            rest = authority[authority.index(after: end)...]
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
        } else {
            host = authority.prefix { $0 != ":" }
            rest = authority[host.endIndex...]
            guard host.allSatisfy({ $0.isLetter || $0.isNumber || "-._".contains($0) }),
                host.contains(where: { $0 != "." })
            else { return nil }
        }
        guard rest.isEmpty || (rest.hasPrefix(":") && (1...65535).contains(Int(rest.dropFirst()) ?? 0)) else {
            return nil
        }
        return host.isEmpty ? nil : String(host)
    }

    /// Whether the host is this machine by its loopback interface.
    public var isLoopback: Bool {
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return host == "localhost" || host == "::1"
            || (numbers.count == 4 && numbers.allSatisfy { $0 != nil } && numbers[0] == 127)
    }
}
