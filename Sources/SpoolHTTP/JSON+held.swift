internal import SpoolModel
internal import SpoolStore

extension JSON {
    /// Whether the spool is held, the reason, and the remedy.
    static func held(_ state: HoldState?) -> [Member] {
        guard let state, state.isHeld else { return [Member("held", .bool(false))] }
        return [
            Member("held", .bool(true)),
            Member("held-because", .string(state.identity.reason?.rawValue ?? "")),
            Member("held-until", .string(state.remedy)),
        ]
    }
}
