internal import SpoolModel

/// How often somebody failed of late, so that nobody can guess quickly.
///
/// Each failure takes one from a stock that fills up again with time. Who has none left is not even looked at: a right
/// password among many guesses is not told from a wrong one.
struct Failures {
    /// How many failures there may be at once.
    private let stock: Double
    /// Seconds for one more.
    private let interval: Double
    /// How many of those who failed are remembered; beyond, those who failed least are forgotten.
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

    /// Seconds until somebody may try again; nil for now.
    func wait(for key: String, at now: Timestamp) -> Int? {
        guard let entry = entries[key] else { return nil }
        let left = filled(entry, at: now)
        return left >= 1 ? nil : max(1, Int(((1 - left) * interval).rounded(.up)))
    }

    /// Notes a failure.
    mutating func note(_ key: String, at now: Timestamp) {
        let left = entries[key].map { filled($0, at: now) } ?? stock
        entries[key] = Entry(left: max(0, left - 1), at: now)
        guard entries.count > Failures.capacity else { return }
        entries = entries.filter { filled($0.value, at: now) < stock }
        guard entries.count > Failures.capacity else { return }
        let worst = entries.sorted { filled($0.value, at: now) < filled($1.value, at: now) }.prefix(
            Failures.capacity / 2)
        entries = Dictionary(uniqueKeysWithValues: worst.map { ($0.key, $0.value) })
    }

    private func filled(_ entry: Entry, at now: Timestamp) -> Double {
        let seconds = Double(max(0, now.microseconds - entry.at.microseconds)) / 1_000_000
        return min(stock, entry.left + seconds / interval)
    }
}
