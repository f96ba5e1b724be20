/// A random delay of each run.
struct Jitter: Equatable, Sendable {
    /// The maximum delay in units.
    let count: Int
    /// The unit of `count`.
    let unit: TimeUnit

    /// The maximum delay in microseconds.
    var most: Int64 { Int64(count * unit.seconds) * 1_000_000 }
}
