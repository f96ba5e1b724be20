/// An instant at which clocks are set forward or back.
struct OffsetChange: Equatable, Sendable {
    /// Seconds since the epoch of the first instant of the new offset.
    let second: Int64
    /// The offset until then, seconds east of UTC.
    let before: Int
    /// The offset from then on, seconds east of UTC.
    let after: Int
}
