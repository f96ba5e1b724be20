/// An event that hooks are notified of: how a job ended.
public enum HookEvent: String, Hashable, CaseIterable, Sendable {
    /// It succeeded.
    case successful
    /// It failed, and is not tried again.
    case failed
    /// It was canceled.
    case canceled
    /// It failed, and another job tries it again.
    case retrying

    /// The event of a final state; nil for any other state.
    ///
    /// - Parameter hasRetry: whether the job is tried again.
    public init?(_ state: JobState, hasRetry: Bool) {
        switch state {
        case .successful: self = .successful
        case .failed: self = hasRetry ? .retrying : .failed
        case .canceled: self = .canceled
        case .scheduled, .pending, .running: return nil
        }
    }
}

/// An event of a job, and the hooks to notify.
public struct Announcement: Hashable, Sendable {
    /// The event.
    public let event: HookEvent
    /// The hooks, at least one.
    public let hooks: [HookName]

    /// The announcement to those of some hooks that want the event; nil if none does.
    public init?(of event: HookEvent, in project: ProjectName, to hooks: [Hook]) {
        let names = hooks.filter { $0.wants(event, of: project) }.map(\.name)
        guard !names.isEmpty else { return nil }
        self.event = event
        self.hooks = names
    }
}
