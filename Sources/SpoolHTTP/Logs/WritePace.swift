/// Limits how often the followers of a file are notified of writes: at once if they are few; if they are many, only as
/// often as a person would notice, so that each of them gets several lines in one packet.
package struct WritePace {
    /// Up to this many clients are served at once, whatever that costs for each.
    static let few = 16
    /// Microseconds between two notifications for each follower, and the most in total.
    private static let each: Int64 = 1000, most: Int64 = 200_000

    /// The last notification for each watch with many followers. Microseconds of the steady clock.
    private var told: [Int32: Int64] = [:]
    /// The next notification for each watch with writes since the last one.
    private var due: [Int32: Int64] = [:]

    /// Without any writes.
    package init() {}

    /// Whether the followers of a watch are notified of a write now; otherwise ``takeDue(at:)`` returns the watch in
    /// time.
    ///
    /// - Parameters:
    ///   - count: the number of followers.
    ///   - now: microseconds of the steady clock.
    package mutating func isNow(_ watch: Int32, followers count: Int, at now: Int64) -> Bool {
        guard count > WritePace.few else {
            forget(watch)
            return true
        }
        if let last = told[watch] {
            let next = last + min(Int64(count) * WritePace.each, WritePace.most)
            guard now >= next else {
                due[watch] = next
                return false
            }
        }
        told[watch] = now
        due[watch] = nil
        return true
    }

    /// The watches whose followers have to be notified by now, in no order.
    package mutating func takeDue(at now: Int64) -> [Int32] {
        let watches = due.filter { $0.value <= now }.map(\.key)
        for watch in watches {
            due[watch] = nil
            told[watch] = now
        }
        // Drops watches without recent writes.
        told = told.filter { $0.value + WritePace.most > now || due[$0.key] != nil }
        return watches
    }

    /// Milliseconds until ``takeDue(at:)`` returns a watch; nil if none is due.
    package func pause(at now: Int64) -> Int? {
        due.values.min().map { Int(max(0, $0 - now) + 999) / 1000 }
    }

    private mutating func forget(_ watch: Int32) {
        told[watch] = nil
        due[watch] = nil
    }
}
