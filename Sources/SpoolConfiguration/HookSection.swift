public import SpoolModel

/// A section [hook NAME].
public struct HookSection: Hashable, Sendable {
    /// The name.
    public let name: HookName
    /// The address; nil until it was read.
    public var url: HookURL?
    /// The form of the requests' bodies.
    public var body = HookBody.standard
    /// The file of the secrets that requests are signed with; empty for none.
    public var secretFile = ""
    /// The events.
    public var events: Set<HookEvent> = [.failed]
    /// The projects; empty for all.
    public var projects: Set<ProjectName> = []
    /// Seconds after which a delivery is given up.
    public var patience = HookSection.usualPatience
    /// Whether an address without https on another machine is allowed.
    public var isInsecure = false
    /// Where each key was set.
    public var places: [String: String] = [:]

    /// Three days: a receiver may be down for a weekend.
    public static let usualPatience = 3 * 86_400
    static let keys = [
        "url", "body", "secret-file", "events", "projects", "give-up-after", "insecure-http",
    ]

    /// The hook; nil without an address.
    public var hook: Hook? {
        url.map { Hook(name, .post($0, body), events: events, projects: projects, patience: patience) }
    }

    /// The keys with their values, for reports. Of the address only the host is shown: the rest may be secret.
    var rows: [(key: String, text: String)] {
        [
            ("url", url.map { "\($0.shown)/…" } ?? ""), ("body", body.rawValue), ("secret-file", secretFile),
            ("events", HookEvent.allCases.filter(events.contains).map(\.rawValue).joined(separator: " ")),
            ("projects", projects.map(\.description).sorted().joined(separator: " ")),
            ("give-up-after", Value.text(ofAge: patience)), ("insecure-http", isInsecure ? "on" : "off"),
        ]
    }

    mutating func set(_ key: String, to text: String) throws {
        switch key {
        case "url":
            do throws(HookURL.Flaw) {
                url = try HookURL(text)
            } catch {
                throw ValueError("\(error)")
            }
        case "body":
            guard let body = HookBody(rawValue: text.lowercased()) else {
                throw ValueError("`\(text)` is none of standard, text and slack")
            }
            self.body = body
        case "secret-file": secretFile = try Value.path(text)
        case "events": events = try HookSection.events(text)
        case "projects": projects = try HookSection.projects(text)
        case "give-up-after":
            patience = try Value.age(text)
            guard patience > 0 else { throw ValueError("`\(text)` is no time; write 3d or 12h") }
        default: isInsecure = try Value.truth(text)
        }
    }

    private static func events(_ text: String) throws(ValueError) -> Set<HookEvent> {
        var events: Set<HookEvent> = []
        for word in Value.list(text) {
            guard let event = HookEvent(rawValue: word.lowercased()) else {
                throw ValueError("`\(word)` is none of successful, failed, canceled and retrying")
            }
            events.insert(event)
        }
        guard !events.isEmpty else {
            throw ValueError("an event is missing; write failed, or some of successful, failed, canceled and retrying")
        }
        return events
    }

    private static func projects(_ text: String) throws(ValueError) -> Set<ProjectName> {
        var projects: Set<ProjectName> = []
        for word in Value.list(text) {
            guard let project = ProjectName(word) else { throw ValueError("`\(word)` is not the name of a project") }
            projects.insert(project)
        }
        return projects
    }
}
