/// What a subscription wakes at events.
package struct Waker: Sendable {
    /// Called after events, without locks of the observer. It must not wait for the disk.
    let wake: @Sendable () -> Void
    /// Called when the observer has stopped and sends no events any more.
    let finish: @Sendable () -> Void

    /// Wakes a task that iterates a stream, which ends with the observer.
    package init(_ continuation: AsyncStream<Void>.Continuation) {
        wake = { continuation.yield() }
        finish = { continuation.finish() }
    }

    /// Calls closures.
    init(wake: @escaping @Sendable () -> Void, finish: @escaping @Sendable () -> Void) {
        self.wake = wake
        self.finish = finish
    }
}
