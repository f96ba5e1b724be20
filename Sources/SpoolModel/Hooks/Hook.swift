/// A receiver of notifications about ended jobs.
public struct Hook: Hashable, Sendable {
    /// The action of a delivery.
    public enum Action: Hashable, Sendable {
        /// Sends a POST request to an address.
        case post(HookURL, HookBody)
        /// Runs a program, the first word, for at most so many seconds.
        case run([String], seconds: Int)
    }

    /// The name.
    public let name: HookName
    /// The action of a delivery.
    public let action: Action
    /// The events that it wants.
    public let events: Set<HookEvent>
    /// The projects whose jobs it wants; empty for all.
    public let projects: Set<ProjectName>
    /// Seconds after which a delivery that fails is given up.
    public let patience: Int

    /// A hook with nothing left out.
    public init(
        _ name: HookName, _ action: Action, events: Set<HookEvent>, projects: Set<ProjectName> = [], patience: Int
    ) {
        self.name = name
        self.action = action
        self.events = events
        self.projects = projects
        self.patience = patience
    }

    /// The event of a message that tries it: a failure, if it wants that.
    public var testEvent: HookEvent {
        events.contains(.failed) ? .failed : HookEvent.allCases.first(where: events.contains) ?? .failed
    }

    /// Whether it wants an event of a project's job.
    public func wants(_ event: HookEvent, of project: ProjectName) -> Bool {
        events.contains(event) && (projects.isEmpty || projects.contains(project))
    }
}

/// The form of a request's body.
public enum HookBody: String, Hashable, CaseIterable, Sendable {
    /// The whole message as JSON, as Standard Webhooks has it.
    case standard
    /// One sentence as plain text, as ntfy takes it.
    case text
    /// One sentence in a JSON object, as Slack and its imitators take it.
    case slack

    /// The field Content-Type of the request.
    public var contentType: String { self == .text ? "text/plain; charset=utf-8" : "application/json" }
}
