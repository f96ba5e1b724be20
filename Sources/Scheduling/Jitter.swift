/// A random delay of each run.
struct Jitter: Equatable, Sendable {
    /// How many units the delay has at most.
    let count: Int
    /// What `count` counts.
    let unit: TimeUnit

    /// The longest delay in microseconds.
    var most: Int64 { Int64(count * unit.seconds) * 1_000_000 }
}
