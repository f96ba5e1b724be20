internal import HTTPTypes

/// The paths of scrapyd 1.6.
enum ScrapydEndpoint: Hashable {
    case daemonStatus, listProjects, listVersions, listSpiders, listJobs, status
    case addVersion, schedule, cancel, deleteVersion, deleteProject
    case home, jobs
    /// A file or a directory below `logs/`, as a decoded path.
    case logs(String)
    /// The same below `items/`.
    case items(String)

    private static let fixed: [Substring: ScrapydEndpoint] = [
        "/daemonstatus.json": .daemonStatus, "/listprojects.json": .listProjects, "/listversions.json": .listVersions,
        "/listspiders.json": .listSpiders, "/listjobs.json": .listJobs, "/status.json": .status,
        "/addversion.json": .addVersion, "/schedule.json": .schedule, "/cancel.json": .cancel,
        "/delversion.json": .deleteVersion, "/delproject.json": .deleteProject, "/": .home, "/jobs": .jobs,
    ]

    /// The endpoint of a decoded path, or nil. Two slashes at its start count as one: scrapyd-client sends them if its URL ends
    /// in one.
    init?(path: Substring) {
        var path = path
        if path.hasPrefix("//"), !path.dropFirst(2).hasPrefix("/") { path = path.dropFirst() }
        if let endpoint = ScrapydEndpoint.fixed[path] {
            self = endpoint
        } else if path == "/logs" || path.hasPrefix("/logs/") {
            self = .logs(String(path.dropFirst("/logs".count)))
        } else if path == "/items" || path.hasPrefix("/items/") {
            self = .items(String(path.dropFirst("/items".count)))
        } else {
            return nil
        }
    }

    /// The endpoint of a request's target; nil for an unknown or invalid path.
    init?(target: String) {
        // Errors of the path are reported by the general way.
        guard let path = try? RequestPath.decoded(target.prefix { $0 != "?" }) else { return nil }
        self.init(path: path)
    }

    /// Whether it changes the spool, and so takes POST.
    var isChange: Bool {
        switch self {
        case .addVersion, .schedule, .cancel, .deleteVersion, .deleteProject: true
        case .daemonStatus, .listProjects, .listVersions, .listSpiders, .listJobs, .status, .home, .jobs, .logs,
            .items:
            false
        }
    }

    /// Whether it answers with HTML or a file.
    var isPage: Bool {
        switch self {
        case .home, .jobs, .logs, .items: true
        default: false
        }
    }

    /// The methods for the header field Allow.
    var allow: String { isChange ? "OPTIONS, HEAD, POST" : isPage ? "GET, HEAD" : "OPTIONS, HEAD, GET" }

    /// The message for another method, as scrapyd words it.
    var unsupported: String {
        "UnsupportedMethod: Expected one of [\(isChange ? "b'HEAD', b'OPTIONS', b'POST'" : "b'HEAD', b'OPTIONS', b'GET'")]"
    }
}
