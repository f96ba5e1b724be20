internal import HTTPTypes
internal import SpoolModel

/// The endpoints of the API, by their paths.
package enum Endpoint: Equatable {
    case status
    case pushProject
    case listProjects
    case listSpiders
    case scheduleJob
    case listJobs
    case searchLogs
    case cancelJob
    case pinJob
    case deleteJob
    case pauseSchedule
    case editSchedule
    case removeProject
    case listVersions
    case setVersion
    case getEnvironment
    case listVariables
    case setVariables
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
    case getArchive
    case getStats
    case listUsers
    case events
    case openAPI
    case metrics
    /// Whether the process answers, and whether it can take and start jobs.
    case health, readiness
    /// Receives the login form.
    case logIn
    case logOut

    /// The endpoints with fixed paths.
    private static let fixed: [Substring: Endpoint] = [
        "/status.json": .status, "/push-project.json": .pushProject, "/list-projects.json": .listProjects,
        "/list-spiders.json": .listSpiders, "/schedule-job.json": .scheduleJob, "/list-jobs.json": .listJobs,
        "/search-logs.json": .searchLogs,
        "/cancel-job.json": .cancelJob, "/remove-project.json": .removeProject, "/": .page,
        "/overview.json": .overview, "/describe-projects.json": .describeProjects, "/statistics.json": .statistics,
        "/next-runs.json": .nextRuns, "/list-files.json": .listFiles, "/get-file": .getFile,
        "/get-archive": .getArchive, "/get-stats": .getStats, "/list-users.json": .listUsers,
        "/list-versions.json": .listVersions, "/set-version.json": .setVersion,
        "/get-environment.json": .getEnvironment,
        "/list-variables.json": .listVariables, "/set-variables.json": .setVariables,
        "/events": .events,
        "/metrics": .metrics, "/healthz": .health, "/readyz": .readiness,
        "/openapi.json": .openAPI, "/pin-job.json": .pinJob, "/delete-job.json": .deleteJob,
        "/pause-schedule.json": .pauseSchedule, "/edit-schedule.json": .editSchedule, "/login": .logIn,
        "/logout": .logOut,
    ]

    /// All paths of the API, with a name in braces for variable parts, and whether they take POST. The login form's
    /// paths are not included.
    package static var paths: [String: Bool] {
        Dictionary(uniqueKeysWithValues: fixed.filter { !$1.isForm }.map { (String($0), $1.isChange) })
            .merging(["/page/{name}": false, "/get-log/data/{log}": false]) { $1 }
    }

    /// The endpoint of a path (without its query), or nil.
    init?(path: Substring) {
        if let endpoint = Endpoint.fixed[path] {
            self = endpoint
        } else if path.hasPrefix("/page/") {
            self = .pageFile(name: String(path.dropFirst("/page/".count)))
        } else if path.hasPrefix("/get-log/"), let slash = path.lastIndex(of: "/") {
            self = .log(file: String(path[path.index(after: slash)...]))
        } else {
            return nil
        }
    }

    /// Whether it changes the spool, and so takes POST; the others take GET and HEAD, the login form's also POST.
    var isChange: Bool {
        switch self {
        case .pushProject, .scheduleJob, .cancelJob, .pinJob, .deleteJob, .pauseSchedule, .editSchedule, .removeProject,
            .setVersion,
            .setVariables:
            true
        case .status, .listProjects, .listSpiders, .listJobs, .searchLogs, .log, .page, .pageFile, .overview,
            .describeProjects,
            .statistics, .nextRuns, .listFiles, .getFile, .getArchive, .getStats, .listUsers, .listVersions,
            .getEnvironment,
            .listVariables, .events, .openAPI, .metrics, .health, .readiness, .logIn, .logOut:
            false
        }
    }

    /// The name in messages: the path without the slash and without the variable part.
    var name: String {
        if case .log = self { return "get-log" }
        return Endpoint.fixed.first { $0.value == self }.map { String($0.key.dropFirst()) } ?? "the page"
    }

    /// The fields of a schedule that can be changed, besides the options.
    static let changeable = ["when", "description", "payload", "overlap", "catch-up", "executor"]

    /// The fields that it reads, from a form or from the query.
    var fields: [String] {
        switch self {
        case .pushProject: ["archive", "allow-empty", "environment"]
        case .scheduleJob:
            ["project", "spider"] + Endpoint.changeable + ["arg.NAME", "setting.NAME"] + JobOptions.names + ["force"]
        case .cancelJob, .deleteJob: ["id"]
        case .pinJob: ["id", "pinned"]
        case .pauseSchedule: ["id", "paused"]
        case .editSchedule:
            ["id"] + Endpoint.changeable + ["arg.NAME", "setting.NAME"] + JobOptions.names + ["remove", "force"]
        case .removeProject: ["name"]
        case .listSpiders, .listVersions, .listVariables: ["project"]
        case .setVersion, .getEnvironment: ["project", "version"]
        case .setVariables: ["project", "var.NAME", "remove"]
        case .listJobs:
            [
                "status", "id", "project", "spider", "text", "fired-by", "since", "until", "order", "limit", "after",
                "facts", "first-error", "sizes", "counts", "wait",
            ]
        case .searchLogs:
            [
                "text", "ignore-case", "log", "status", "project", "spider", "fired-by", "since", "until", "limit",
                "seconds", "after",
            ]
        case .log: ["tail", "from", "to"]
        case .overview, .describeProjects: ["wait", "first-error"]
        case .statistics: ["days", "project", "spider"]
        case .nextRuns: ["when", "id", "count", "after"]
        case .listFiles, .getStats: ["id"]
        case .getFile: ["id", "path"]
        case .getArchive: ["id", "format"]
        case .events: ["after"]
        case .logIn: ["user", "password", "target"]
        case .status, .listProjects, .listUsers, .openAPI, .metrics, .health, .readiness, .page, .pageFile, .logOut: []
        }
    }

    /// Whether it reads a field.
    func reads(_ name: String) -> Bool {
        fields.contains(name) || (self == .scheduleJob || self == .editSchedule) && Endpoint.isOption(name)
            || self == .setVariables && name.hasPrefix("var.")
    }

    /// Whether a field of `schedule-job.json` is an option of the job.
    static func isOption(_ name: String) -> Bool {
        name.hasPrefix("arg.") || name.hasPrefix("setting.") || JobOptions.names.contains(name)
    }

    /// Whether unknown fields cause a warning. The browser makes the page's requests, and its user sees no warnings.
    var warnsOfFields: Bool {
        switch self {
        case .page, .pageFile, .logIn, .logOut: false
        default: true
        }
    }

    /// Whether it belongs to the login form. A request there changes only a session, and checks its own origin.
    var isForm: Bool { self == .logIn || self == .logOut }

    /// Whether it needs no login: the parts of the login form, and the state of the server.
    var isOpen: Bool {
        switch self {
        case .health, .readiness, .logIn, .logOut: true
        case .pageFile(let name): name == "style.css" || name == "icon.svg"
        default: false
        }
    }

    /// The methods for the header field Allow.
    var allow: String { isChange ? "POST" : isForm ? "GET, HEAD, POST" : "GET, HEAD" }

    /// Whether a method is one of these.
    func allows(_ method: HTTPRequest.Method) -> Bool {
        isChange ? method == .post : method == .get || method == .head || isForm && method == .post
    }
}
