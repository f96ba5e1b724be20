internal import Synchronization

/// Flushes several open files at the same time: the disk is waited for once, and a filesystem with a journal puts into
/// one commit what is asked of it at one time.
public enum Flush {
    private static let helpers = FlushHelpers(count: 4)

    /// Flushes descriptors that stay open meanwhile (fsync(2)), each once, whatever becomes of the others.
    ///
    /// Throws the first failure. After one nothing is known of any of them, and none may be flushed again: see
    /// ``Descriptor/synchronize()``.
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

/// Threads that flush for others. Those who find all of them busy flush for themselves.
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
                // With fewer helpers, or none, more is flushed by those who ask for it.
                return
            }
            idle.add(1, ordering: .relaxed)
        }
    }

    /// Hands a descriptor over, which ends with a post to the round; false when nobody is idle.
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

/// What is flushed together.
private final class FlushRound: Sendable {
    /// Posted to by each helper when it is done.
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
