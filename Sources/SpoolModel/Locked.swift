internal import Synchronization

/// A value behind a mutex: readers get a consistent copy of the newest value.
public final class Locked<Value: Sendable>: Sendable {
    private let held: Mutex<Value>

    /// Creates the holder with a first value.
    public init(_ value: Value) {
        held = Mutex(value)
    }

    /// The current value.
    public var value: Value {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }
}
