internal import Crypto
internal import SpoolModel

/// The nonces of digest authentication: each contains its time of creation and a message authentication code, and each
/// of its counts is accepted once (RFC 7616 §5.4, §5.5).
struct Nonces {
    /// Seconds for which a nonce is valid.
    static let lifetime: Int64 = 300
    /// The most nonces whose counts are kept. Beyond that, the oldest become stale.
    private static let capacity = 10_000

    /// The result of checking a nonce.
    enum Verdict {
        /// The server made it, it has not expired, and its count is new.
        case fresh
        /// The server made it, but it has expired or its count was used: the client may try again with another one.
        case stale
        /// The server did not make it.
        case foreign
    }

    private let key = SymmetricKey(size: .bits256)
    private var generator = SystemRandomNumberGenerator()
    private var counts: [String: Window] = [:]
    /// Nonces of this time and older are stale: their counts were forgotten, so a replay could not be detected.
    private var forgottenBefore = Int64.min

    /// A new nonce: 16 digits of time in microseconds, 16 random ones, and 32 of a code over them.
    mutating func make(at now: Timestamp) -> String {
        let content =
            hexadecimal(bytes(of: UInt64(bitPattern: now.microseconds)))
            + hexadecimal(bytes(of: UInt64.random(in: 0...UInt64.max, using: &generator)))
        return content + code(for: content)
    }

    /// Checks a nonce and its count, and marks the count as used.
    mutating func use(_ nonce: String, count: UInt32, at now: Timestamp) -> Verdict {
        let text = Array(nonce.utf8)
        guard text.count == 64 else { return .foreign }
        let content = String(decoding: text[..<32], as: UTF8.self)
        guard areEqual(Array(code(for: content).utf8), Array(text[32...])),
            let made = UInt64(content.prefix(16), radix: 16).map({ Int64(bitPattern: $0) })
        else { return .foreign }
        let age = now.microseconds - made
        guard age >= 0, age < Nonces.lifetime * 1_000_000, made > forgottenBefore else { return .stale }
        guard counts[nonce, default: Window(made: made)].use(count) else { return .stale }
        if counts.count > Nonces.capacity { forget(at: now) }
        return .fresh
    }

    private mutating func forget(at now: Timestamp) {
        counts = counts.filter { now.microseconds - $0.value.made < Nonces.lifetime * 1_000_000 }
        guard counts.count > Nonces.capacity else { return }
        let times = counts.values.map(\.made).sorted()
        forgottenBefore = times[times.count / 2]
        counts = counts.filter { $0.value.made > forgottenBefore }
    }

    private func code(for content: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Array(content.utf8), using: key)
        return hexadecimal(code.prefix(16))
    }

    private func bytes(of number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }

    /// The used counts of a nonce: the highest, and a bitmap of the 63 below it, since requests of one client may
    /// overtake each other.
    private struct Window {
        let made: Int64
        private var highest: UInt32 = 0
        private var used: UInt64 = 0

        init(made: Int64) {
            self.made = made
        }

        /// Marks a count as used; false if it was used already, or is too far below the highest to know.
        mutating func use(_ count: UInt32) -> Bool {
            guard count > 0 else { return false }
            if count > highest {
                let step = count - highest
                used = step < 64 ? used << UInt64(step) | 1 : 1
                highest = count
                return true
            }
            let back = highest - count
            guard back < 64, used & (1 << UInt64(back)) == 0 else { return false }
            used |= 1 << UInt64(back)
            return true
        }
    }
}
