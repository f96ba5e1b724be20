/// The rights of a login. Each scope includes those before it.
public enum Scope: String, Hashable, Sendable, CaseIterable, Comparable {
    /// To read everything.
    case read
    /// To schedule and cancel jobs as well.
    case run
    /// To push and remove projects as well, and so to bring code that the server runs.
    case deploy

    /// Orders scopes by their rights.
    public static func < (one: Scope, other: Scope) -> Bool {
        one.rank < other.rank
    }

    private var rank: Int {
        switch self {
        case .read: 0
        case .run: 1
        case .deploy: 2
        }
    }
}
