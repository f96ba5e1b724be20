internal import Crypto
internal import LinuxSystem
internal import SpoolModel

/// A secret that requests are signed with, as Standard Webhooks writes it: `whsec_` and 24 to 64 bytes in base64.
public struct HookSecret: Hashable, Sendable {
    /// Why a file has no secrets: a sentence with the file's path and a remedy.
    public struct Problem: Error, Sendable, CustomStringConvertible {
        /// The sentence.
        public let description: String
    }

    /// The most secrets of a file: two while one is replaced by the other.
    private static let most = 4
    private static let prefix = "whsec_"

    let bytes: [UInt8]

    /// Parses a secret; nil for any other text.
    package init?(_ text: String) {
        guard text.hasPrefix(HookSecret.prefix),
            let bytes = Base64.decode(text.dropFirst(HookSecret.prefix.count)),
            (24...64).contains(bytes.count)
        else { return nil }
        self.bytes = bytes
    }

    /// Reads a file with a secret in each line. Empty lines and those that begin with `#` are passed over.
    public static func read(_ path: String) throws(Problem) -> [HookSecret] {
        let content: [UInt8]
        let information: FileInformation
        do throws(SystemError) {
            let file = try Descriptor(reading: path)
            information = try file.information()
            guard information.kind == .file, information.permissions & 0o077 == 0 else {
                throw Refusal.open
            }
            content = try file.readAll(limit: 64 << 10)
        } catch {
            let problem =
                error == Refusal.open
                ? "this file holds a secret, and others than its owner may use it: chmod 600 \(path)" : error.reason
            throw Problem(description: "\(path): \(problem)")
        }
        var secrets: [HookSecret] = []
        let lines = String(decoding: content, as: UTF8.self).split(whereSeparator: \.isNewline)
        for line in lines.map({ trimmed($0) }) where !line.isEmpty && !line.hasPrefix("#") {
            guard let secret = HookSecret(line), secrets.count < most else {
                throw Problem(
                    description:
                        "\(path): each line is a secret, `whsec_` and 24 to 64 bytes in base64, and there are at "
                        + "most \(most): (printf whsec_; head -c 32 /dev/urandom | base64) > \(path)")
            }
            secrets.append(secret)
        }
        guard !secrets.isEmpty else {
            throw Problem(
                description: "\(path): there is no secret in it: "
                    + "(printf whsec_; head -c 32 /dev/urandom | base64) > \(path)")
        }
        return secrets
    }

    private enum Refusal {
        static let open = SystemError(code: 1, operation: "read a secret that others may read")
    }

    private static func trimmed(_ line: Substring) -> String {
        var line = line.drop { $0.isWhitespace }
        while line.last?.isWhitespace == true { line.removeLast() }
        return String(line)
    }

    /// The value of `webhook-signature` by some secrets: one signature each.
    package static func signature(_ id: String, at seconds: Int64, _ body: [UInt8], by secrets: [HookSecret]) -> String
    {
        let signed = Array("\(id).\(seconds).".utf8) + body
        return secrets.map { secret in
            let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: secret.bytes))
            return "v1," + Base64.encode(Array(code))
        }.joined(separator: " ")
    }
}
