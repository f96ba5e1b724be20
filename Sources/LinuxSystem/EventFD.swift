internal import CLinux
internal import Glibc

/// An eventfd with which any thread wakes a thread that waits (eventfd(2)).
public struct EventFD: ~Copyable, Sendable {
    /// Readable from ``ring()`` until ``clear()``.
    public let descriptor: Descriptor

    /// Creates it in the unreadable state.
    public init() throws(SystemError) {
        descriptor = Descriptor(owning: try retrying("make an event") { clinux_eventfd() })
    }

    /// Wakes the waiting thread.
    public func ring() {
        var one: UInt64 = 1
        _ = write(descriptor.number, &one, 8)
    }

    /// Makes the descriptor unreadable again.
    public func clear() {
        var count: UInt64 = 0
        _ = read(descriptor.number, &count, 8)
    }
}
