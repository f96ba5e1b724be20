internal import Forms
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOPosix
internal import ProjectPython
internal import SpoolModel
internal import SpoolStore

/// The endpoints over one spool, and the page that uses them. Reads go through indexes of the tree, writes publish
/// files in it.
struct API: Sendable {
    let spool: Spool
    let live: Locked<APISettings>
    let counters: JobCounters
    let tree: TreeView
    let finished: FinishedIndex
    let history: HistoryIndex
    let recent: JobTextCache
    let gauge: DiskSpaceCache
    let feed: EventFeed
    /// The logs that clients follow.
    let feeds: LogFeeds
    let memory: MemoryRelease
    let lastStatus = LastStatus()
    let lastRuns = LastRuns()
    let finishedRecords = FinishedRecords()
    let cookie: SessionCookie
    let logins: LoginLog
    let started: Timestamp
    let logger: Logger
    /// Threads for work that may block on the disk.
    let threads: NIOThreadPool
    let pushes = PushQueue()
    /// Searches in the logs of many jobs, and archives of jobs.
    let searches = AnswerPool("searches are under way", verb: "search", delay: 5)
    let archives = AnswerPool("archives of jobs are being sent", verb: "ask", delay: 10)
    let scrapy = ScrapyWatch()
    /// Builds the Python environments of pushed projects.
    let environments: EnvironmentBuilder
    /// Whether the engine answers; nil for a server without one.
    let engineAnswers: (@Sendable () async -> Bool)?

    var settings: APISettings { live.value }
    var observer: TreeObserver { tree.source.observer }
    var projects: ProjectIndex { tree.projects }
    var active: ActiveIndex { tree.active }

    /// Answers one request.
    ///
    /// - Parameter departure: ends pending work when the client disconnects.
    func answer(
        _ request: Request, _ body: Body, from peer: Peer, until departure: Departure
    ) async throws -> APIResponse {
        if let error = MessageRules.Refusal.error(of: request.headers) { throw error }
        let path = request.uri.string.prefix { $0 != "?" }
        if request.method == .options, path == "*" { return .options }
        let decoded: Substring
        do throws(RequestPath.Flaw) {
            decoded = try RequestPath.decoded(path)
        } catch {
            throw APIError(.badRequest, error.message)
        }
        guard let endpoint = Endpoint(path: decoded) else {
            try checkOrigin(of: request, from: peer, isChange: false)
            try await admit(request, to: .status, from: peer)
            throw APIError(.notFound, Advice.nothing(at: String(path), known: Endpoint.paths.keys))
        }
        try checkOrigin(of: request, from: peer, isChange: endpoint.isChange)
        // A CORS preflight carries no credentials (Fetch §3.2.2).
        if request.method == .options, settings.origins.isAllowed(request.headers[.origin]) { return .empty }
        let admission: Admission
        do {
            admission = try await admit(request, to: endpoint, from: peer)
        } catch let error as APIError where endpoint == .page && error.status == .unauthorized {
            let isOver = !cookie.secrets(in: request.headers).isEmpty
            guard let form = loginForm(for: request, from: peer, isOver ? "Your login has ended" : nil) else {
                throw error
            }
            return form
        }
        guard endpoint.allows(request.method) else {
            var error = APIError(.methodNotAllowed, "\(path) takes \(endpoint.allow), not \(request.method)")
            error.allow = endpoint.allow
            throw error
        }
        let requester = endpoint.isChange ? await requester(admission, peer) : nil
        switch endpoint {
        case .pushProject: return try await pushProject(request, body, until: departure, by: requester)
        case .logIn: return try await logIn(request, body, from: peer)
        case .logOut: return try logOut(request, from: peer)
        default: break
        }
        var parameters = try await parameters(of: request, to: endpoint, endpoint.isChange ? body : nil)
        parameters.noteUnread(by: endpoint)
        do {
            let answer = try await answer(
                request, to: endpoint, parameters, for: admission, until: departure, by: requester
            ).warning(of: parameters.warnings)
            return admission.fields.isEmpty ? answer : .adding(admission.fields, answer)
        } catch var error as APIError {
            error.warnings += parameters.warnings
            throw error
        }
    }

    private func answer(
        _ request: Request, to endpoint: Endpoint, _ parameters: Parameters, for admission: Admission,
        until departure: Departure, by requester: Requester?
    ) async throws -> APIResponse {
        switch endpoint {
        case .status: return try await status()
        case .listProjects: return try await listProjects()
        case .listSpiders: return try await listSpiders(parameters)
        case .scheduleJob: return try await scheduleJob(parameters, by: requester)
        case .listJobs: return try await listJobs(parameters)
        case .searchLogs: return try await searchLogs(parameters, until: departure)
        case .cancelJob: return try await cancelJob(parameters, until: departure, by: requester)
        case .pinJob: return try await pinJob(parameters, by: requester)
        case .deleteJob: return try await deleteJob(parameters, by: requester)
        case .pauseSchedule: return try await pauseSchedule(parameters, by: requester)
        case .editSchedule: return try await editSchedule(parameters, by: requester)
        case .removeProject: return try await removeProject(parameters, by: requester)
        case .listVersions: return try await listVersions(parameters)
        case .getEnvironment: return try await getEnvironment(parameters)
        case .setVersion: return try await setVersion(parameters, by: requester)
        case .listVariables: return try await listVariables(parameters)
        case .setVariables: return try await setVariables(parameters, by: requester)
        case .log(let file): return try await log(file, parameters, until: departure)
        case .page: return try await page(parameters, for: admission)
        case .pageFile(let name): return try pageFile(name, known: request.headers[.ifNoneMatch])
        case .overview: return .json(try await overview(parameters))
        case .describeProjects: return .json(try await describeProjects(parameters))
        case .statistics: return try await statistics(parameters)
        case .nextRuns: return try await nextRuns(parameters)
        case .listFiles: return try await listFiles(parameters)
        case .getFile: return try await getFile(parameters)
        case .getArchive: return try await getArchive(parameters, until: departure)
        case .getStats: return try await stats(parameters)
        case .listUsers: return try await listUsers()
        case .events:
            return try await events(parameters, last: request.headers[.lastEventID], until: departure)
        case .metrics: return try await metrics(accept: request.headers[.accept])
        case .health: return .ok()
        case .readiness: return await readiness()
        case .openAPI: return .document(Document(.openAPI, known: request.headers[.ifNoneMatch]))
        case .pushProject, .logIn, .logOut: preconditionFailure("answered above")
        }
    }

    /// Runs work that may block on the disk on a thread of its pool.
    func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await threads.runIfActive(body)
    }

    /// Works with the tree on a thread of the pool. Its errors become those of the request.
    func inTree<Result: Sendable>(
        _ work: @escaping @Sendable () throws(SpoolError) -> Result
    ) async throws -> Result {
        try await blocking {
            do throws(SpoolError) { return try work() } catch { throw APIError(error) }
        }
    }

    /// Queries a part of the tree: at once if it is current, otherwise when it has been read.
    func look<Index: TreeIndex, Result: Sendable>(
        into index: Index, _ body: (inout Index.Content) -> Result
    ) async throws -> Result {
        try await index.current(body)
    }

    /// Does ``lookAtScrapy()``, and waits for it at most a second: the page must not wait for a Python that hangs. Open pages
    /// get the answer when it comes.
    func lookAtScrapyBriefly() async {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        Task {
            await lookAtScrapy()
            end.finish()
        }
        await Task.run(atMost: .seconds(1)) { for await _ in ends {} }
    }

    /// Looks whether the server's Scrapy can run. If that has changed, logs it and has open pages ask again.
    func lookAtScrapy() async {
        // Without threads the server stops.
        guard let isNews = try? await blocking({ [scrapy, settings] in scrapy.look(settings) }), isNews else { return }
        if let problem = scrapy.problem {
            logger.warning("The server's Scrapy cannot run: \(problem.reason); \(problem.remedy)")
        } else {
            logger.notice("The server's Scrapy can run again")
        }
        feed.reload()
    }

    /// The time now.
    var now: Timestamp { Timestamp.now }
}
