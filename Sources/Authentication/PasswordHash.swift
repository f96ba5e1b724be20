internal import CPasswordHash

/// Hashes of passwords as in shadow(5), by libxcrypt (crypt(5)).
public enum PasswordHash {
    /// Prefixes of the methods that are strong enough.
    private static let methods = ["$y$", "$gy$", "$7$", "$2a$", "$2b$", "$2y$", "$6$", "$5$"]

    /// Whether a text is a hash rather than a plain password.
    static func isHash(_ text: String) -> Bool {
        methods.contains { text.hasPrefix($0) } && text.utf8.count > 20 && verify("", against: text) != nil
    }

    /// Hashes a password by yescrypt with a random salt; nil if the library fails or the password contains a NUL.
    public static func make(of password: String) -> String? {
        var setting = [CChar](repeating: 0, count: Int(PASSWORD_HASH_SIZE))
        guard !password.utf8.contains(0), password_setting(&setting) == 0 else { return nil }
        return hash(password, setting: string(setting))
    }

    /// Whether a password matches a hash; nil if that is not a hash, or the password contains a NUL.
    static func verify(_ password: String, against hash: String) -> Bool? {
        guard !password.utf8.contains(0), let made = Self.hash(password, setting: hash) else { return nil }
        return areEqual(Array(made.utf8), Array(hash.utf8))
    }

    private static func hash(_ password: String, setting: String) -> String? {
        var hash = [CChar](repeating: 0, count: Int(PASSWORD_HASH_SIZE))
        return password_hash(password, setting, &hash) == 0 ? string(hash) : nil
    }

    private static func string(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Compares in constant time, so that the time does not reveal where the first difference is.
func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard one.count == other.count else { return false }
    return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
