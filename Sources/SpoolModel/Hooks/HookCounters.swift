internal import Synchronization

/// Counts of deliveries since the server's start, and how many wait, by hook: for metrics.
public final class HookCounters: Sendable {
    /// The outcome of an attempt, or of a delivery.
    public enum Result: String, Hashable, CaseIterable, Sendable {
        /// The receiver has taken it, or the command has ended with 0.
        case delivered
        /// The attempt failed.
        case failed
        /// The delivery was given up.
        case dropped
    }

    /// The counts of a hook.
    public struct Counts: Hashable, Sendable {
        /// The number of each result.
        public fileprivate(set) var results: [Result: Int] = [:]
        /// How many deliveries wait.
        public fileprivate(set) var pending = 0
    }

    private let counts = Mutex<[HookName: Counts]>([:])

    /// Without any hooks.
    public init() {}

    /// The counts now.
    public var current: [HookName: Counts] { counts.withLock { $0 } }

    /// Adds a result.
    public func add(_ result: Result, of hook: HookName) {
        counts.withLock { $0[hook, default: Counts()].results[result, default: 0] += 1 }
    }

    /// Notes how many deliveries wait.
    public func set(pending: Int, of hook: HookName) {
        counts.withLock { $0[hook, default: Counts()].pending = pending }
    }
}
