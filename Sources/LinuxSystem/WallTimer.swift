internal import CLinux
internal import Glibc

/// A timer on the wall clock that also fires when the clock is set (timerfd_create(2)).
public struct WallTimer: ~Copyable, Sendable {
    /// Readable after the timer has fired or the clock was set.
    public let descriptor: Descriptor

    /// A stopped timer.
    public init() throws(SystemError) {
        descriptor = Descriptor(owning: try retrying("make a timer") { clinux_timer_create() })
    }

    /// Sets the timer to a time in microseconds since the epoch; nil stops it. A time in the past fires at once.
    public func set(_ microseconds: Int64?) throws(SystemError) {
        let value = microseconds.map { max(1, $0) } ?? 0
        _ = try retrying("set a timer") { clinux_timer_set(descriptor.number, value) }
    }

    /// Makes the descriptor unreadable until the timer fires again.
    public func clear() {
        var count: UInt64 = 0
        // No data (EAGAIN) is fine; ECANCELED means that the clock was set, after which the caller checks its times as
        // well.
        _ = read(descriptor.number, &count, 8)
    }
}
