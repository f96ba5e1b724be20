import Glibc

/// The time limit of an extraction, on CLOCK_MONOTONIC.
struct Deadline: Sendable {
    private let format: ArchiveFormat
    private let duration: Duration
    private let nanoseconds: Int64

    init(after duration: Duration, format: ArchiveFormat) {
        self.format = format
        self.duration = duration
        // The limit of 31 years keeps the sum in range.
        let (seconds, attoseconds) = min(max(duration, .zero), .seconds(1_000_000_000)).components
        nanoseconds = Deadline.now + seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// Throws `tooLarge` after the deadline.
    func check() throws(ArchiveError) {
        guard Deadline.now < nanoseconds else {
            throw .tooLarge(format, "unpacking it takes longer than \(duration)")
        }
    }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
