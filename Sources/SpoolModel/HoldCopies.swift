/// The spools that a server only holds: it shows their jobs and starts none.
public enum HoldCopies: String, Hashable, Sendable, CaseIterable {
    /// Spools that are known to be copies.
    case known
    /// Also spools on a filesystem that cannot show whether they are copies.
    case doubtful
    /// No spool.
    case never
}
