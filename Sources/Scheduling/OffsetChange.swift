/// An instant at which the offset of local time changes.
struct OffsetChange: Equatable, Sendable {
    /// The first second with the new offset, in seconds since the epoch.
    let second: Int64
    /// The offset before, in seconds east of UTC.
    let before: Int
    /// The offset from then on, in seconds east of UTC.
    let after: Int
}
