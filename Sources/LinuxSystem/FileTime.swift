internal import Glibc

/// A file's timestamp in full precision (timespec(3)).
public struct FileTime: Hashable, Comparable, Sendable {
    /// Whole seconds since the epoch.
    public let seconds: Int64
    /// Nanoseconds of the second.
    public let nanoseconds: Int64

    init(_ time: timespec) {
        seconds = Int64(time.tv_sec)
        nanoseconds = Int64(time.tv_nsec)
    }

    var timespec: timespec { Glibc.timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds)) }

    /// Nanoseconds since the epoch, clamped to the range of Int64 (the years 1677 to 2262).
    var sinceEpoch: Int64 {
        let (product, isOver) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isOverAgain) = product.addingReportingOverflow(nanoseconds)
        return isOver || isOverAgain ? (seconds < 0 ? .min : .max) : sum
    }

    public static func < (one: FileTime, other: FileTime) -> Bool {
        (one.seconds, one.nanoseconds) < (other.seconds, other.nanoseconds)
    }
}
