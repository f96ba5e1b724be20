internal import CLinux
internal import Glibc

/// Waits for many descriptors at once (epoll(7)). Each is known by a key of the caller's.
public struct EventQueue: ~Copyable, Sendable {
    private let epoll: Descriptor

    /// Waits for nothing yet.
    public init() throws(SystemError) {
        epoll = Descriptor(owning: try retrying("start epoll") { clinux_epoll_create() })
    }

    /// Tells of a descriptor from now on whenever it can be read.
    public func add(_ descriptor: borrowing Descriptor, key: UInt64) throws(SystemError) {
        let number = descriptor.number
        _ = try retrying("wait for a descriptor") { clinux_epoll_add(epoll.number, number, key) }
    }

    /// Tells of a descriptor no more.
    public func remove(_ descriptor: borrowing Descriptor) {
        // Fails only for a descriptor that is not there.
        _ = clinux_epoll_remove(epoll.number, descriptor.number)
    }

    /// The keys of the descriptors that can be read, after at most that many milliseconds (nil: without limit).
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

    /// As ``wait(milliseconds:)``, for a loop that has nobody to report a failure to: it lasts a second then, so that a
    /// failure that stays does not become a busy loop. No keys are ready after one.
    public func waitPausing(milliseconds: Int? = nil) -> [UInt64] {
        do throws(SystemError) {
            return try wait(milliseconds: milliseconds)
        } catch {
            sleep(1)
            return []
        }
    }
}

/// A timer on the wall clock that also goes off when the clock is set (timerfd_create(2)).
public struct WallTimer: ~Copyable, Sendable {
    /// Readable when the time has come or the clock was set.
    public let descriptor: Descriptor

    /// A timer that is not set.
    public init() throws(SystemError) {
        descriptor = Descriptor(owning: try retrying("make a timer") { clinux_timer_create() })
    }

    /// Sets the timer to microseconds since the epoch; nil stops it. A time that has passed goes off at once.
    public func set(_ microseconds: Int64?) throws(SystemError) {
        let value = microseconds.map { max(1, $0) } ?? 0
        _ = try retrying("set a timer") { clinux_timer_set(descriptor.number, value) }
    }

    /// Takes the note that the timer went off.
    public func clear() {
        var count: UInt64 = 0
        // Nothing to read is fine; ECANCELED says that the clock was set, which is a reason to look as well.
        _ = read(descriptor.number, &count, 8)
    }
}

/// A bell that any thread may ring to wake the one that waits (eventfd(2)).
public struct Bell: ~Copyable, Sendable {
    /// Readable after the bell was rung, until it is cleared.
    public let descriptor: Descriptor

    /// A bell that was not rung.
    public init() throws(SystemError) {
        descriptor = Descriptor(owning: try retrying("make an event") { clinux_eventfd() })
    }

    /// Wakes whoever waits.
    public func ring() {
        var one: UInt64 = 1
        _ = write(descriptor.number, &one, 8)
    }

    /// Takes the note that it was rung.
    public func clear() {
        var count: UInt64 = 0
        _ = read(descriptor.number, &count, 8)
    }
}
