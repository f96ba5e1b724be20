internal import Forms
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOPosix
internal import SpoolModel
internal import SpoolStore

/// The nine endpoints over one spool. Reads go to the directories, writes publish files and nothing else.
struct API: Sendable {
    let spool: Spool
    let settings: APISettings
    let counters: JobCounters
    let watcher: DirectoryWatcher
    let started: Timestamp
    let logger: Logger
    /// Threads for what waits for the disk.
    let threads: NIOThreadPool

    /// Answers one request.
    ///
    /// - Parameter proceed: tells a client that waits for it to send the body (RFC 9110 §10.1.1).
    func answer(_ request: Request, proceed: () async throws -> Void) async throws -> Answer {
        let path = request.uri.string.prefix { $0 != "?" }
        guard let endpoint = Endpoint(path: path) else {
            throw APIError(.notFound, "There is nothing at \(path)")
        }
        guard endpoint.allows(request.method) else {
            var error = APIError(.methodNotAllowed, "\(path) takes \(endpoint.allow), not \(request.method)")
            error.allow = endpoint.allow
            throw error
        }
        if endpoint == .pushProject { return try await pushProject(request, proceed: proceed) }
        let parameters = try await parameters(of: request, readingBody: endpoint.isChange, proceed: proceed)
        switch endpoint {
        case .status: return try await status()
        case .listProjects: return try await listProjects()
        case .listSpiders: return try await listSpiders(parameters)
        case .scheduleJob: return try await scheduleJob(parameters)
        case .listJobs: return try await listJobs(parameters)
        case .cancelJob: return try await cancelJob(parameters)
        case .removeProject: return try await removeProject(parameters)
        case .log(let file): return try await log(file)
        case .pushProject: preconditionFailure("answered above")
        }
    }

    /// Runs what waits for the disk on a thread that may.
    func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await threads.runIfActive(body)
    }

    /// The time now.
    var now: Timestamp { Timestamp.now }
}
