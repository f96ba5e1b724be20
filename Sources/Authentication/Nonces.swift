internal import Crypto
internal import SpoolModel

/// The nonces of digest authentication: they say themselves when they were made, nobody else can make one, and each
/// count of one is taken once (RFC 7616 §5.4, §5.5).
struct Nonces {
    /// Seconds for which a nonce is good.
    static let lifetime: Int64 = 300
    /// How many nonces are remembered with their counts. Beyond, the oldest become stale.
    private static let capacity = 10_000

    /// What a nonce is worth.
    enum Verdict {
        /// It is ours, it is fresh, and its count is new.
        case fresh
        /// It is ours, but too old, or its count was used: the client may try again with another one.
        case stale
        /// It is not ours.
        case foreign
    }

    private let key = SymmetricKey(size: .bits256)
    private var generator = SystemRandomNumberGenerator()
    private var counts: [String: Window] = [:]
    /// Nonces that are older were forgotten, so that nobody knows which of their counts were used.
    private var forgottenBefore = Int64.min

    /// A new nonce: 16 digits of time in microseconds, 16 random ones, and 32 of a code over them.
    mutating func make(at now: Timestamp) -> String {
        let content =
            hexadecimal(bytes(of: UInt64(bitPattern: now.microseconds)))
            + hexadecimal(bytes(of: UInt64.random(in: 0...UInt64.max, using: &generator)))
        return content + code(for: content)
    }

    /// Looks at a nonce and its count, and notes that the count was used.
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

    /// The counts of a nonce that were used: the highest, and which of the 63 below it. Requests of one client may
    /// overtake each other on their way.
    private struct Window {
        let made: Int64
        private var highest: UInt32 = 0
        private var used: UInt64 = 0

        init(made: Int64) {
            self.made = made
        }

        /// Notes a count; false when it was used, or lies too far back to tell.
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
