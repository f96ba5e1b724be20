internal import HeapModule
package import SpoolModel

/// The deliveries that wait for one hook, and when each is tried: a pure value without a clock.
package struct DeliveryTable {
    /// The next thing to do.
    package enum Step: Equatable {
        /// Try this delivery.
        case deliver(DeliveryName)
        /// Nothing for so many microseconds.
        case wait(Int64)
        /// Nothing until more deliveries come.
        case rest
    }

    private struct Turn: Comparable {
        let time: Int64
        let name: DeliveryName

        static func < (a: Turn, b: Turn) -> Bool { (a.time, a.name) < (b.time, b.name) }
    }

    /// The failures of each delivery that waits.
    private var failures: [DeliveryName: Int] = [:]
    private var turns = Heap<Turn>()

    /// Without deliveries.
    package init() {}

    /// How many deliveries wait.
    package var count: Int { failures.count }

    /// Takes the names in the outbox: new ones are due at once, and those that are gone are forgotten.
    package mutating func take(_ names: [DeliveryName]) {
        let present = Set(names)
        for name in names where failures[name] == nil {
            failures[name] = 0
            turns.insert(Turn(time: .min, name: name))
        }
        guard failures.count > present.count else { return }
        failures = failures.filter { present.contains($0.key) }
        turns = Heap(turns.unordered.filter { present.contains($0.name) })
    }

    /// The next thing to do at an instant of the steady clock. A delivery that is returned has to be reported by
    /// ``end(_:)`` or ``fail(_:at:random:)``.
    package mutating func next(at now: Int64) -> Step {
        guard let first = turns.min else { return .rest }
        guard first.time <= now else { return .wait(first.time - now) }
        turns.removeMin()
        return .deliver(first.name)
    }

    /// A delivery was taken, or given up.
    package mutating func end(_ name: DeliveryName) {
        failures[name] = nil
    }

    /// An attempt has failed; the delivery is tried again later.
    package mutating func fail(_ name: DeliveryName, at now: Int64, random: UInt64) {
        let count = (failures[name] ?? 0) + 1
        failures[name] = count
        turns.insert(Turn(time: now + HookPace.pause(after: count, random: random), name: name))
    }

    /// All are due at once, as after a change of the configuration.
    package mutating func hurry() {
        turns = Heap(failures.keys.map { Turn(time: .min, name: $0) })
    }
}
