internal import Synchronization

/// A latch that calls a closure once, after a given number of events.
public final class CountdownLatch: Sendable {
    private let rest: Mutex<Int>
    private let body: @Sendable () -> Void

    /// Calls `body` at the `number`th event.
    public init(_ number: Int, _ body: @escaping @Sendable () -> Void) {
        rest = Mutex(number)
        self.body = body
    }

    /// Counts one event.
    public func count() {
        let isLast = rest.withLock { rest in
            rest -= 1
            return rest == 0
        }
        if isLast { body() }
    }
}
