internal import Synchronization

/// Flushes several open files at the same time: the waits for the disk overlap, and a journaling filesystem puts
/// requests that come together into one commit.
public enum Flush {
    private static let helpers = FlushHelpers(count: 4)

    /// Flushes descriptors (fsync(2)), each once, even if others fail. The caller keeps them open meanwhile.
    ///
    /// Throws the first failure. After a failure the state of all of them is unknown, and none may be flushed again:
    /// see ``Descriptor/synchronize()``.
    public static func together(_ numbers: [Int32]) throws(SystemError) {
        let round = FlushRound()
        var own = numbers[...]
        var given = 0
        while own.count > 1, let last = own.last, helpers.take(last, round) {
            own.removeLast()
            given += 1
        }
        for number in own { round.flush(number) }
        for _ in 0..<given { round.ends.wait() }
        if let failure = round.failure { throw failure }
    }
}

/// Threads that flush for others. Callers that find all of them busy flush for themselves.
private final class FlushHelpers: Sendable {
    private let orders = Mutex<[(Int32, FlushRound)]>([])
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
    func take(_ number: Int32, _ round: FlushRound) -> Bool {
        guard idle.subtract(1, ordering: .relaxed).newValue >= 0 else {
            idle.add(1, ordering: .relaxed)
            return false
        }
        orders.withLock { $0.append((number, round)) }
        arrivals.post()
        return true
    }

    private func serve() {
        arrivals.wait()
        guard let (number, round) = orders.withLock({ $0.popLast() }) else { return }
        round.flush(number)
        idle.add(1, ordering: .relaxed)
        round.ends.post()
    }
}

/// One call of ``Flush/together(_:)``.
private final class FlushRound: Sendable {
    /// Each helper posts to it when it is done.
    let ends = Semaphore()
    private let first = Mutex<SystemError?>(nil)

    var failure: SystemError? { first.withLock { $0 } }

    func flush(_ number: Int32) {
        do throws(SystemError) {
            try Descriptor.synchronize(number)
        } catch {
            first.withLock { [error] in $0 = $0 ?? error }
        }
    }
}
