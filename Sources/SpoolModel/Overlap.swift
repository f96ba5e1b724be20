/// The policy for a schedule that is due while an earlier run of it has not ended.
public enum Overlap: String, Hashable, Sendable, CaseIterable {
    /// The new run starts in addition.
    case allow
    /// The new run is skipped.
    case skip
    /// The new run waits until the earlier one has ended.
    case queue
}
