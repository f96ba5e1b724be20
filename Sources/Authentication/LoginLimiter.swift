internal import SpoolModel

/// A token bucket per key, which limits failed logins.
///
/// Each failure takes a token; tokens come back over time. While the bucket is empty no login is checked, so the right
/// password among many guesses is answered like a wrong one.
struct LoginLimiter {
    /// The capacity of the bucket: the most failures at once.
    private let stock: Double
    /// Seconds until one more token.
    private let interval: Double
    /// The most keys that are kept; beyond that, those with the fewest failures are forgotten.
    private static let capacity = 10_000

    private struct Entry {
        var left: Double
        var at: Timestamp
    }

    private var entries: [String: Entry] = [:]

    init(stock: Int, interval: Int) {
        self.stock = Double(stock)
        self.interval = Double(interval)
    }

    /// Seconds until the next attempt is allowed; nil if it is allowed now.
    func wait(for key: String, at now: Timestamp) -> Int? {
        guard let entry = entries[key] else { return nil }
        let left = filled(entry, at: now)
        return left >= 1 ? nil : max(1, Int(((1 - left) * interval).rounded(.up)))
    }

    /// Notes a failure.
    mutating func note(_ key: String, at now: Timestamp) {
        let left = entries[key].map { filled($0, at: now) } ?? stock
        entries[key] = Entry(left: max(0, left - 1), at: now)
        guard entries.count > LoginLimiter.capacity else { return }
        entries = entries.filter { filled($0.value, at: now) < stock }
        guard entries.count > LoginLimiter.capacity else { return }
        let worst = entries.sorted { filled($0.value, at: now) < filled($1.value, at: now) }.prefix(
            LoginLimiter.capacity / 2)
        entries = Dictionary(uniqueKeysWithValues: worst.map { ($0.key, $0.value) })
    }

    private func filled(_ entry: Entry, at now: Timestamp) -> Double {
        let seconds = Double(max(0, now.microseconds - entry.at.microseconds)) / 1_000_000
        return min(stock, entry.left + seconds / interval)
    }
}
