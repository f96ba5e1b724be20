internal import Synchronization

/// Calls once after a number of events.
final class Countdown: Sendable {
    private let rest: Mutex<Int>
    private let body: @Sendable () -> Void

    init(_ number: Int, _ body: @escaping @Sendable () -> Void) {
        rest = Mutex(number)
        self.body = body
    }

    /// Notes one event.
    func count() {
        let isLast = rest.withLock { rest in
            rest -= 1
            return rest == 0
        }
        if isLast { body() }
    }
}
