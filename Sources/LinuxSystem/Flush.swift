internal import Synchronization

/// Flushes several open files at the same time: the waits for the disk overlap, and a journaling filesystem puts
/// requests that come together into one commit.
public enum Flush {
    private static let helpers = FlushHelpers(count: 4)

    /// Flushes descriptors, each once, even if others fail: of directories the names (fsync(2)), of files the content
    /// (``Descriptor/synchronizeContent()``). The caller keeps them open meanwhile.
    ///
    /// Throws the first failure. After a failure the state of all of them is unknown, and none may be flushed again:
    /// see ``Descriptor/synchronize()``.
    public static func together(_ numbers: [Int32]) throws(SystemError) {
        if let failure = each([numbers])[0] { throw failure }
    }

    /// Like ``together(_:)`` for several groups at the same time.
    ///
    /// - Returns: the first failure of each group.
    public static func each(_ groups: [[Int32]]) -> [SystemError?] {
        let round = FlushRound(of: groups.count)
        var own: [FlushOrder] = []
        for (index, group) in groups.enumerated() { own += group.map { FlushOrder(number: $0, group: index) } }
        var given = 0
        while own.count > 1, let last = own.last, helpers.take(last, round) {
            own.removeLast()
            given += 1
        }
        for order in own { round.flush(order) }
        for _ in 0..<given { round.ends.wait() }
        return round.failures
    }
}

/// A descriptor to be flushed.
private struct FlushOrder {
    let number: Int32
    /// Which group of its round it belongs to.
    let group: Int
}

/// Threads that flush for others. Callers that find all of them busy flush for themselves.
private final class FlushHelpers: Sendable {
    private let orders = Mutex<[(FlushOrder, FlushRound)]>([])
    private let arrivals = Semaphore()
    private let idle: Atomic<Int>

    init(count: Int) {
        idle = Atomic(0)
        for _ in 0..<count {
            do throws(SystemError) {
                try startThread(named: "flush") { [self] in
                    while true { serve() }
                }
            } catch {
                // With fewer helpers or none, the callers flush more themselves.
                return
            }
            idle.add(1, ordering: .relaxed)
        }
    }

    /// Hands a descriptor to an idle helper, which posts to the round when it is done; false if all helpers are busy.
    func take(_ order: FlushOrder, _ round: FlushRound) -> Bool {
        guard idle.subtract(1, ordering: .relaxed).newValue >= 0 else {
            idle.add(1, ordering: .relaxed)
            return false
        }
        orders.withLock { $0.append((order, round)) }
        arrivals.post()
        return true
    }

    private func serve() {
        arrivals.wait()
        guard let (order, round) = orders.withLock({ $0.popLast() }) else { return }
        round.flush(order)
        idle.add(1, ordering: .relaxed)
        round.ends.post()
    }
}

/// One call of ``Flush/each(_:)``.
private final class FlushRound: Sendable {
    /// Each helper posts to it when it is done.
    let ends = Semaphore()
    private let first: Mutex<[SystemError?]>

    init(of groups: Int) {
        first = Mutex(Array(repeating: nil, count: groups))
    }

    /// The first failure of each group.
    var failures: [SystemError?] { first.withLock { $0 } }

    func flush(_ order: FlushOrder) {
        do throws(SystemError) {
            try Descriptor.flush(order.number)
        } catch {
            first.withLock { [error] in $0[order.group] = $0[order.group] ?? error }
        }
    }
}
