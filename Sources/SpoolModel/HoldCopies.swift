/// Which spools a server holds: shows, without starting anything in them.
public enum HoldCopies: String, Hashable, Sendable, CaseIterable {
    /// Those that are known to be copies.
    case known
    /// Also those of which it cannot be known, by the filesystem that they are on.
    case doubtful
    /// None.
    case never
}
