internal import CLinux
internal import Glibc

/// Waits for events of many descriptors (epoll(7)), each with a key of the caller.
public struct EventQueue: ~Copyable, Sendable {
    private let epoll: Descriptor

    /// An empty queue.
    public init() throws(SystemError) {
        epoll = Descriptor(owning: try retrying("start epoll") { clinux_epoll_create() })
    }

    /// Adds a descriptor: ``wait(milliseconds:)`` returns its key while it is readable.
    public func add(_ descriptor: borrowing Descriptor, key: UInt64) throws(SystemError) {
        let number = descriptor.number
        _ = try retrying("wait for a descriptor") { clinux_epoll_add(epoll.number, number, key) }
    }

    /// Removes a descriptor.
    public func remove(_ descriptor: borrowing Descriptor) {
        // Fails only for a descriptor that was not added.
        _ = clinux_epoll_remove(epoll.number, descriptor.number)
    }

    /// Waits for readable descriptors and returns their keys, at most 64; empty after the timeout (nil: none) or a
    /// signal.
    public func wait(milliseconds: Int? = nil) throws(SystemError) -> [UInt64] {
        let timeout = milliseconds.map { Int32(clamping: max(0, $0)) } ?? -1
        var failure: SystemError?
        let keys = [UInt64](unsafeUninitializedCapacity: 64) { buffer, count in
            let result = clinux_epoll_wait(epoll.number, buffer.baseAddress, 64, timeout)
            if result < 0, errno != EINTR { failure = SystemError("wait for events") }
            count = max(0, Int(result))
        }
        if let failure { throw failure }
        return keys
    }

    /// Like ``wait(milliseconds:)``, for loops that cannot report an error: after one it sleeps for a second, so that a
    /// permanent error does not cause a busy loop, and returns no keys.
    public func waitPausing(milliseconds: Int? = nil) -> [UInt64] {
        do throws(SystemError) {
            return try wait(milliseconds: milliseconds)
        } catch {
            sleep(1)
            return []
        }
    }
}
