internal import Synchronization

/// Calls once after a number of events.
public final class Countdown: Sendable {
    private let rest: Mutex<Int>
    private let body: @Sendable () -> Void

    /// Calls `body` at the event of that number.
    public init(_ number: Int, _ body: @escaping @Sendable () -> Void) {
        rest = Mutex(number)
        self.body = body
    }

    /// Notes one event.
    public func count() {
        let isLast = rest.withLock { rest in
            rest -= 1
            return rest == 0
        }
        if isLast { body() }
    }
}
