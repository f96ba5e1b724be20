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
    case page
    /// The last component of the path names a file of the page.
    case pageFile(name: String)
    case overview
    case describeProjects
    case statistics
    case nextRuns
    case listFiles
    case getFile
    case events

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
        case "/": self = .page
        case "/overview.json": self = .overview
        case "/describe-projects.json": self = .describeProjects
        case "/statistics.json": self = .statistics
        case "/next-runs.json": self = .nextRuns
        case "/list-files.json": self = .listFiles
        case "/get-file": self = .getFile
        case "/events": self = .events
        default:
            if path.hasPrefix("/page/") {
                self = .pageFile(name: String(path.dropFirst("/page/".count)))
                return
            }
            guard path.hasPrefix("/get-log/"), let slash = path.lastIndex(of: "/") else { return nil }
            self = .log(file: String(path[path.index(after: slash)...]))
        }
    }

    /// Whether it changes something, and thus takes POST; the others take GET and HEAD.
    var isChange: Bool {
        switch self {
        case .pushProject, .scheduleJob, .cancelJob, .removeProject: true
        case .status, .listProjects, .listSpiders, .listJobs, .log, .page, .pageFile, .overview, .describeProjects,
            .statistics, .nextRuns, .listFiles, .getFile, .events:
            false
        }
    }

    /// The methods for the header field Allow.
    var allow: String { isChange ? "POST" : "GET, HEAD" }

    /// Whether a method is one of these.
    func allows(_ method: HTTPRequest.Method) -> Bool {
        isChange ? method == .post : method == .get || method == .head
    }
}
