package import SpoolModel

/// Which refused logins are worth a line of the log. The first ones are, then one every few seconds; of a flood only the
/// number is said, by address.
package struct RefusedLogins {
    /// Lines at once, and the microseconds for one more.
    private static let stock = 20.0, interval = 3_000_000.0
    /// Addresses whose refusals are counted one by one; those of others are counted together.
    private static let mostAddresses = 20

    private var left = RefusedLogins.stock
    private var last: Timestamp?
    private var counts: [String: Int] = [:]

    /// What is counted of an address.
    package struct Count: Equatable {
        /// The address; nil for all that are too many to be told apart.
        package let address: String?
        /// How many refused logins had no line.
        package let count: Int
    }

    /// Nothing was refused yet.
    package init() {}

    /// Notes a refusal.
    ///
    /// - Returns: whether it gets a line; otherwise it is counted.
    package mutating func note(from address: String, at now: Timestamp) -> Bool {
        // A clock that was set back gives no lines.
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

    /// What was counted since this was last asked, by address.
    package mutating func takeCounts() -> [Count] {
        defer { counts = [:] }
        return counts.sorted { $0.key < $1.key }.map { Count(address: $0.key.isEmpty ? nil : $0.key, count: $0.value) }
    }
}
