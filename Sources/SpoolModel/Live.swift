internal import Synchronization

/// A value that may be replaced while others work with it: whoever looks has the newest whole one.
public final class Live<Value: Sendable>: Sendable {
    private let held: Mutex<Value>

    /// Holds a first value.
    public init(_ value: Value) {
        held = Mutex(value)
    }

    /// The value now.
    public var value: Value {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }
}
