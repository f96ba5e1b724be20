internal import HTTPTypes
internal import LinuxSystem
internal import NIOCore
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

/// Jobs.
extension ScrapydSite {
    /// The parameters of `schedule.json` that are no arguments of the spider.
    private static let own: Set<String> = ["project", "spider", "_version", "jobid", "priority", "setting"]
    /// The names by which scrapyd calls its own function, so that it fails for them.
    private static let taken: Set<String> = ["name", "_job", "settings", "spider_name"]
    /// The names that scrapyd drops.
    private static let dropped: Set<String> = ["_project", "_spider"]

    /// `schedule.json`: creates a job, as `schedule-job.json` does. The job is durable before the answer.
    func schedule(_ fields: ScrapydFields, by requester: Requester?) async throws -> APIResponse {
        let (projectName, spiderName) = (try fields.required("project"), try fields.required("spider"))
        let version = try fields.text("_version")
        let id = try fields.text("jobid")
        let priority = try priority(fields)
        let settings = try fields.texts("setting")
        if let id, !ClientRequest.isID(id) {
            throw APIError.scrapyd(
                "jobid is invalid: it is the name of the log's file, of 1 to \(ClientRequest.longestID) bytes without /"
            )
        }
        if let version, !ClientRequest.isVersion(version) {
            throw APIError.scrapyd("_version is invalid: it contains a NUL, which no argument of a spider can have")
        }
        let project = try await project(projectName)
        let spiders = try await spiders(of: project, in: version)
        guard let spider = SpiderName(spiderName), spiders.contains(spider) else {
            throw APIError.scrapyd("spider '\(spiderName)' not found")
        }
        var job = try api.newJob(
            project: project.name, spider: spider, when: "now", try api.spec("now"), description: "", payload: "{}")
        let clientID = id ?? job.id.description.replacing("-", with: "")
        job.metadata.client = ClientRequest(id: clientID, version: version, priority: priority)
        job.metadata.by = requester?.description
        job.status[.by] = job.metadata.by
        job.metadata.options = try options(fields, settings)
        let (made, defaults) = (job, api.settings.rules.defaults)
        try await api.blocking { [spool] in try make(made, by: defaults, in: spool) }
        api.note(
            "Scheduled", by: requester, ["job": "\(job.id)", "project": "\(project.name)", "spider": "\(spider)"])
        return ok([JSON.Member("jobid", .string(clientID))])
    }

    private func priority(_ fields: ScrapydFields) throws(APIError) -> Double {
        guard let text = try fields.text("priority") else { return 0 }
        guard let number = ClientRequest.number(text) else {
            throw .scrapyd("priority is invalid: could not convert string to float: \(Python.bytes(text))")
        }
        return number
    }

    private func options(_ fields: ScrapydFields, _ settings: [String]) throws(APIError) -> JobOptions {
        var options = JobOptions()
        do throws(OptionError) {
            for (index, setting) in settings.enumerated() {
                guard let equals = setting.firstIndex(of: "=") else {
                    throw OptionError(name: "setting", text: "\(index)", expected: "")
                }
                try options.setSetting(String(setting[..<equals]), to: String(setting[setting.index(after: equals)...]))
            }
        } catch {
            guard error.expected.isEmpty else { throw .scrapyd("setting is invalid: \(error)") }
            throw .scrapyd(
                "ValueError: dictionary update sequence element #\(error.text) has length 1; 2 is required")
        }
        for field in fields.fields {
            let name = try ScrapydFields.text(field.name, of: "argument")
            guard !ScrapydSite.own.contains(name), !ScrapydSite.dropped.contains(name), let value = field.values.first
            else { continue }
            guard !ScrapydSite.taken.contains(name) else {
                throw .scrapyd(
                    "TypeError: schedule() got multiple values for argument '\(name)': give the spider's argument another name"
                )
            }
            let text = try ScrapydFields.text(value, of: name)
            do throws(OptionError) {
                try options.setArgument(name, to: text)
            } catch {
                throw .scrapyd("\(name) is invalid: \(error)")
            }
        }
        return options
    }

    // MARK: Cancel

    /// `cancel.json`: asks for the end of each job with an id, and answers at once for those that run.
    ///
    /// A job gets SIGINT, and after a grace SIGTERM and SIGKILL, as by `cancel-job.json`. A second request and `signal=TERM` end
    /// the first grace, `signal=KILL` both.
    func cancel(
        _ fields: ScrapydFields, until departure: Departure, by requester: Requester?
    ) async throws -> APIResponse {
        let (name, id) = (try fields.required("project"), try fields.required("job"))
        let signal = try fields.text("signal") ?? "INT"
        let jobs = try await unfinished().filter { $0.metadata.project.description == name }
        // Jobs of a project that was deleted go on.
        if jobs.isEmpty { _ = try await project(name) }
        var previous: String?
        for job in jobs where ScrapydSite.has(job.metadata, id) {
            guard job.status.state == .running else {
                try await cancelPending(job.id, until: departure, by: requester)
                previous = previous ?? "pending"
                continue
            }
            previous = "running"
            let (isRequest, step) = try step(of: signal)
            guard isRequest else { continue }
            try await api.inTree { [spool] () throws(SpoolError) in
                let isAsked = spool.hasCancelRequest(job.id)
                try spool.requestCancel(job.id, by: requester, step: step ?? (isAsked ? .terminate : nil))
            }
            api.note("Asked for the end of a job", by: requester, ["job": "\(job.id)", "project": "\(name)"])
        }
        return ok([JSON.Member("prevstate", previous.map { .string($0) } ?? .null)])
    }

    /// The effect of a signal on a running job: whether it ends, which it does not by 0, and by what step at once.
    private func step(of signal: String) throws(APIError) -> (isRequest: Bool, step: CancelRequest.Step?) {
        switch signal {
        case "INT", "HUP", "STOP": return (true, nil)
        case "TERM": return (true, .terminate)
        case "KILL": return (true, .kill)
        default: break
        }
        guard !signal.isEmpty, signal.allSatisfy(\.isNumber) else {
            throw .scrapyd(
                "TypeError: 'str' object cannot be interpreted as an integer: signal is INT, TERM, KILL, HUP, STOP or a number"
            )
        }
        guard let number = Int(signal), (0...64).contains(number) else {
            throw .scrapyd("OSError: [Errno 22] Invalid argument")
        }
        switch number {
        case 0: return (false, nil)
        case 9: return (true, .kill)
        case 15: return (true, .terminate)
        default: return (true, nil)
        }
    }

    /// Cancels a pending job, and waits until it is none.
    func cancelPending(_ id: JobID, until departure: Departure, by requester: Requester?) async throws {
        // Watch before the request, so that the change cannot be missed.
        let changes: DirectoryChanges? = try await api.blocking { [spool, observer = api.observer] in
            guard let directory = spool.directoryIfAny(of: id) else { return nil }
            return observer.changes(of: directory, id, in: spool, until: departure)
        }
        guard let changes else { return }
        try await api.inTree { [spool] () throws(SpoolError) in try spool.requestCancel(id, by: requester) }
        api.note("Asked for the end of a job", by: requester, ["job": "\(id)"])
        for await _ in changes {
            let state = try await api.blocking { [spool] in spool.jobIfAny(id)?.status.state }
            if state != .pending { return }
        }
    }

    // MARK: Lists

    /// The jobs that have not ended, without schedules, in the order of their starts.
    func unfinished() async throws -> [Job] {
        try await api.look(into: api.active) { $0.jobs }.filter { $0.status.state != .scheduled }
    }

    /// Whether a job has an id: the client's, or its own.
    static func has(_ job: JobMetadata, _ id: String) -> Bool {
        if let client = job.client { return client.id == id }
        let own = job.id.description
        return own == id || own.replacing("-", with: "") == id
    }

    /// `daemonstatus.json`.
    func daemonStatus() async throws -> APIResponse {
        let jobs = try await clientJobs()
        return ok([
            JSON.Member("pending", .number(jobs.pending.count)), JSON.Member("running", .number(jobs.running.count)),
            JSON.Member("finished", .number(api.finishedRecords.count(of: jobs))),
        ])
    }

    /// `status.json`: the state of the newest job with an id.
    func status(_ fields: ScrapydFields) async throws -> APIResponse {
        let id = try fields.required("job")
        let name = try fields.text("project")
        if let name { _ = try await project(name) }
        let jobs = try await clientJobs()
        let states = [("pending", jobs.pending), ("running", jobs.running)].flatMap { state, jobs in
            jobs.filter { ScrapydSite.has($0.metadata, id) && (name == nil || $0.metadata.project.description == name) }
                .map { (state: state, created: $0.metadata.created) }
        }
        let finished = try await finished(jobs, with: id)
            .filter { name == nil || $0.metadata.project.description == name }
            .map { (state: "finished", created: $0.metadata.created) }
        let newest = (finished + states).max { $0.created < $1.created }
        return ok([JSON.Member("currstate", newest.map { .string($0.state) } ?? .null)])
    }

    /// `listjobs.json`.
    func listJobs(_ fields: ScrapydFields) async throws -> APIResponse {
        let name = try fields.text("project")
        if let name { _ = try await project(name) }
        let jobs = try await clientJobs()
        @Sendable func isWanted(_ job: Job) -> Bool { name == nil || job.metadata.project.description == name }
        let zone = api.settings.timeZones.local
        let hasItems = settings.hasItems
        let running = try await api.blocking { [spool] in
            jobs.running.filter(isWanted).map { job in
                JSON.running(
                    job, hasLog: spool.hasLog(of: job.metadata),
                    hasItems: hasItems && spool.hasItems(of: job.metadata), in: zone)
            }
        }
        var text = ScrapydText()
        text.add("{\"pending\": [")
        text.add(jobs.pending.filter(isWanted).map { Array(JSON.pending($0).line.utf8) })
        text.add("], \"running\": [")
        text.add(running.map { Array($0.line.utf8) })
        text.add("], \"finished\": [")
        var end = ScrapydText()
        end.add("], \"status\": \"ok\", \"node_name\": \(JSON.string(settings.nodeName).line)}\n")
        let list = ClientJobList(
            [.contentType: "application/json", .cacheControl: "no-store"], ByteBuffer(bytes: text.bytes), jobs,
            of: name,
            by: records(of: jobs), separator: ", ", ByteBuffer(bytes: end.bytes)
        ) { $0.json }
        // A short one is shared by all answers until a job ends or goes.
        guard jobs.finished.count <= ClientJobList.few else { return .clientJobs(list) }
        if let known = api.finishedRecords.text(of: name, in: jobs.state) { return .pieces(list.pieces(with: known)) }
        let finished = try await list.text(on: api)
        api.finishedRecords.keep(finished, of: name, in: jobs.state)
        return .pieces(list.pieces(with: finished))
    }
}
