/// When the followers of a file are told of what is written to it: at once where they are few; where they are many, not more
/// often than a person can tell, so that several lines go out in one packet to each of them.
package struct WritePace {
    /// Up to so many are told of each write.
    private static let few = 16
    /// Microseconds that each one more adds to the time between two tellings, and the most.
    private static let each: Int64 = 1000, most: Int64 = 200_000

    /// When the followers of each watch were told last, where they are many. Microseconds of the steady clock.
    private var told: [Int32: Int64] = [:]
    /// When those are to be told to which something was written since.
    private var due: [Int32: Int64] = [:]

    /// No writes yet.
    package init() {}

    /// Whether the followers of a watch are told of a write now; otherwise ``takeDue(at:)`` gives the watch when it is time.
    ///
    /// - Parameters:
    ///   - count: how many they are.
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

    /// The watches whose followers are to be told by now, in no order.
    package mutating func takeDue(at now: Int64) -> [Int32] {
        let watches = due.filter { $0.value <= now }.map(\.key)
        for watch in watches {
            due[watch] = nil
            told[watch] = now
        }
        // Of a file to which nothing is written any more nothing has to be known.
        told = told.filter { $0.value + WritePace.most > now || due[$0.key] != nil }
        return watches
    }

    /// Milliseconds until ``takeDue(at:)`` gives something; nil when nothing waits.
    package func pause(at now: Int64) -> Int? {
        due.values.min().map { Int(max(0, $0 - now) + 999) / 1000 }
    }

    private mutating func forget(_ watch: Int32) {
        told[watch] = nil
        due[watch] = nil
    }
}
