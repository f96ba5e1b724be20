package import SpoolModel

/// The hints in error messages: a likely correction, and the existing choices.
package enum Advice {
    /// Endpoints of scrapyd's API, and their equivalents here.
    private static let scrapyd = [
        "/daemonstatus.json": "status.json", "/addversion.json": "push-project.json",
        "/schedule.json": "schedule-job.json", "/cancel.json": "cancel-job.json",
        "/listprojects.json": "list-projects.json", "/listspiders.json": "list-spiders.json",
        "/listjobs.json": "list-jobs.json", "/delproject.json": "remove-project.json",
        "/listversions.json": "list-versions.json",
        "/delversion.json": nil,
    ]
    /// Paths that are common on other servers.
    private static let usual = [
        "/health": "status.json", "/healthz": "status.json", "/livez": "status.json", "/readyz": "status.json",
        "/ping": "status.json", "/logs": "get-log/data/ID.err",
    ]

    /// The message for an unknown path.
    ///
    /// - Parameter known: the existing paths.
    package static func nothing(at path: String, known: some Sequence<String>) -> String {
        let start = "There is nothing at \(path)"
        if let equal = scrapyd[path] {
            let deed =
                equal.map { "\($0) is the equivalent here" }
                ?? "versions of a project are not removed by themselves here"
            return "\(start): this server has the API of scrapy-do and not that of scrapyd, and \(deed)"
        }
        // Without the parts that almost all paths share.
        let stems = Dictionary(known.map { ($0.stem, String($0.dropFirst())) }, uniquingKeysWith: { one, _ in one })
        let near =
            stems[path.stem] ?? Suggestion.nearest(to: path.stem, among: stems.keys.sorted()).flatMap { stems[$0] }
        guard let other = usual[path] ?? near, !other.isEmpty, !other.contains("{") else {
            return "\(start): openapi.json lists the endpoints"
        }
        return "\(start): did you mean \(other)?"
    }

    /// The message for an unknown project.
    package static func unknownProject(_ name: String, among names: [String], _ start: String? = nil) -> String {
        let start = start ?? "Unknown project \(name)"
        if names.isEmpty { return "\(start): there are no projects yet; push one" }
        if let nearest = Suggestion.nearest(to: name, among: names) { return "\(start): did you mean \(nearest)?" }
        return "\(start): there is \(names.count == 1 ? "only " : "")\(Suggestion.list(names))"
    }

    /// The message for a spider that its project lacks.
    package static func unknownSpider(_ name: String, of project: String, among names: [String]) -> String {
        let start = "Unknown spider \(project)/\(name)"
        if names.isEmpty { return "\(start): the project has no spiders" }
        if let nearest = Suggestion.nearest(to: name, among: names) { return "\(start): did you mean \(nearest)?" }
        return "\(start): \(names.count == 1 ? "its only spider is" : "its spiders are") \(Suggestion.list(names))"
    }

    /// The message for an unknown job.
    ///
    /// - Parameter similar: ids of jobs that begin like the text, if it is only the beginning of an id.
    package static func noJob(_ text: String, similar: [JobID]) -> String {
        let start = "No such job: \"\(text)\""
        if JobID(text) != nil { return start }
        guard !similar.isEmpty else { return "\(start): an id has 36 characters, as list-jobs.json shows it" }
        let ids = Suggestion.list(similar.map(\.description), most: 3)
        return "\(start): write the whole id, \(similar.count == 1 ? "which is" : "one of") \(ids)"
    }

    /// The message for the cancellation of a job that has ended.
    package static func ended(_ id: JobID, _ status: JobStatus) -> String {
        let at = status[.ended] ?? status[.at]
        return "Job \(id) is not active: it ended as \(status.state.rawValue)" + (at.map { " at \($0.rfc3339)" } ?? "")
    }

    /// The message for a job that cannot be paused or changed.
    package static func noSchedule(_ id: JobID, _ status: JobStatus) -> String {
        let past = status.state.isFinal ? "has ended as \(status.state.rawValue)" : "is \(status.state.rawValue)"
        return "Job \(id) is no schedule: it \(past)"
    }

    /// Why a job has no log.
    package static func noLog(_ file: String, _ id: JobID, _ status: JobStatus?) -> String {
        let start = "There is no log \(file)"
        guard let status else { return "\(start), and no such job" }
        switch status.state {
        case .scheduled:
            let next = status[.next].map { ", the next one at \($0.rfc3339)" } ?? ""
            return "\(start): the job is a schedule, whose runs are jobs with logs of their own\(next)"
        case .pending: return "\(start) yet: the job waits to be started"
        case .running: return "\(start) yet: the job is about to start"
        case .successful, .failed, .canceled:
            let reason = status[.reason].map { " (\($0))" } ?? ""
            return status[.started] == nil
                ? "\(start): the job ended as \(status.state.rawValue)\(reason) before it was started"
                : "\(start) any more: it was removed"
        }
    }
}

extension String {
    /// A path without its leading slash and the extension `.json`.
    fileprivate var stem: String { String((hasSuffix(".json") ? dropLast(5) : self[...]).drop { $0 == "/" }) }
}
