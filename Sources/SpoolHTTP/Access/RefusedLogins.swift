package import SpoolModel

/// Limits the log lines of refused logins: the first ones get a line, then one every few seconds. Further ones are
/// counted by address.
package struct RefusedLogins {
    /// The most lines at once, and the microseconds until one more.
    private static let stock = 20.0, interval = 3_000_000.0
    /// The most addresses that are counted individually; the others are counted together.
    private static let mostAddresses = 20

    private var left = RefusedLogins.stock
    private var last: Timestamp?
    private var counts: [String: Int] = [:]

    /// The refusals of an address.
    package struct Count: Equatable {
        /// The address; nil for all those that are counted together.
        package let address: String?
        /// The number of refused logins without a line.
        package let count: Int
    }

    /// Without any refusals.
    package init() {}

    /// Counts a refusal.
    ///
    /// - Returns: whether it gets a line of its own.
    package mutating func note(from address: String, at now: Timestamp) -> Bool {
        // A clock that was set back adds no lines.
        let passed = last.map { max(0, Double(now.microseconds(since: $0))) } ?? 0
        left = min(RefusedLogins.stock, left + passed / RefusedLogins.interval)
        last = now
        guard left < 1 else {
            left -= 1
            return true
        }
        let isKnown = counts[address] != nil || counts.count < RefusedLogins.mostAddresses
        counts[isKnown ? address : "", default: 0] += 1
        return false
    }

    /// The counts since the last call, by address.
    package mutating func takeCounts() -> [Count] {
        defer { counts = [:] }
        return counts.sorted { $0.key < $1.key }.map { Count(address: $0.key.isEmpty ? nil : $0.key, count: $0.value) }
    }
}
