internal import HTTPTypes

/// What the API offers, by the path that names it.
enum Endpoint: Equatable {
    case status
    case pushProject
    case listProjects
    case listSpiders
    case scheduleJob
    case listJobs
    case cancelJob
    case removeProject
    /// The last component of the path names the log.
    case log(file: String)

    /// The endpoint of a path (without its query), or nil.
    init?(path: Substring) {
        switch path {
        case "/status.json": self = .status
        case "/push-project.json": self = .pushProject
        case "/list-projects.json": self = .listProjects
        case "/list-spiders.json": self = .listSpiders
        case "/schedule-job.json": self = .scheduleJob
        case "/list-jobs.json": self = .listJobs
        case "/cancel-job.json": self = .cancelJob
        case "/remove-project.json": self = .removeProject
        default:
            guard path.hasPrefix("/get-log/"), let slash = path.lastIndex(of: "/") else { return nil }
            self = .log(file: String(path[path.index(after: slash)...]))
        }
    }

    /// Whether it changes something, and thus takes POST; the others take GET and HEAD.
    var isChange: Bool {
        switch self {
        case .pushProject, .scheduleJob, .cancelJob, .removeProject: true
        case .status, .listProjects, .listSpiders, .listJobs, .log: false
        }
    }

    /// The methods for the header field Allow.
    var allow: String { isChange ? "POST" : "GET, HEAD" }

    /// Whether a method is one of these.
    func allows(_ method: HTTPRequest.Method) -> Bool {
        isChange ? method == .post : method == .get || method == .head
    }
}
