/// What happens when a schedule is due while an earlier run of it has not ended.
public enum Overlap: String, Hashable, Sendable, CaseIterable {
    /// The new run starts beside it.
    case allow
    /// The new run does not take place.
    case skip
    /// The new run waits until the earlier one has ended.
    case queue
}
