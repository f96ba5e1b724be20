internal import HTTPTypes
internal import LinuxSystem
internal import NIOCore
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension Spool {
    /// Whether the log of a job is in `logs/`.
    func hasLog(of job: JobMetadata) -> Bool {
        let (project, spider, name) = Spool.logPath(of: job)
        return self.job(ofLog: RelativePath([FileName(project), FileName(spider), FileName("\(name).log")])) == job.id
            && hasErrorOutput(of: job)
    }

    /// Whether a job has its log.
    func hasErrorOutput(of job: JobMetadata) -> Bool { jobs.contains("\(job.id.day)/\(job.id)/job.err") }

    /// Whether a job has a file of items in `items/`.
    func hasItems(of job: JobMetadata) -> Bool { root.contains(Spool.itemPath(of: job)) }
}

extension ScrapydSite {
    /// The jobs in scrapyd's three lists.
    struct ClientJobs: Sendable {
        /// By project, then priority, then arrival.
        var pending: [Job] = []
        /// In the order of their starts.
        var running: [Job] = []
        /// The latest end first, with those that are in no list of scrapyd's (`FinishedRecords.isListed(_:)`).
        var finished = FinishedJobs()
        /// Finished ones that are in another list as well, since they have ended between the two looks.
        var others: Set<JobID> = []
        /// The state that the finished ones are, if they are all of one.
        var state: FinishedRecords.State?
    }

    /// Reads all jobs, but for what clients are told of finished ones.
    func clientJobs() async throws -> ClientJobs {
        let (active, ended) = try await api.look(into: api.active) { ($0.jobs, $0.ended) }
        let zone = api.settings.timeZones.local
        let ids = active.map(\.id)
        var jobs = ClientJobs()
        let (finished, others, state) = try await api.lookIntoFinished { content in
            let state = FinishedRecords.State(reading: content.reading, change: content.change)
            return (content.jobs(with: ended, in: zone), Set(ids.filter { content.at($0) != nil }), state)
        }
        (jobs.finished, jobs.others) = (finished, others)
        jobs.state = ended.isEmpty && others.isEmpty ? state : nil
        // Clients expect a process of a job that runs; the status has it a moment after the start.
        jobs.running = active.filter { $0.status.state == .running && $0.status[.pid] != nil }
            .sorted {
                ($0.status[.started] ?? $0.metadata.created, $0.id) < (
                    $1.status[.started] ?? $1.metadata.created, $1.id
                )
            }
        jobs.pending = active.filter {
            $0.status.state == .pending || $0.status.state == .running && $0.status[.pid] == nil
        }
        .sorted { ScrapydSite.isBefore($0, $1) }
        return jobs
    }

    /// Makes the records of finished jobs for an answer.
    func records(of jobs: ClientJobs) -> FinishedRecords.Reader {
        api.finishedRecords.reader(spool, in: api.settings.timeZones.local, hasItems: settings.hasItems, jobs.state)
    }

    /// Reads the records of all finished jobs, and links the logs that are not in `logs/` yet.
    @discardableResult
    func readRecords(of jobs: ClientJobs) async throws -> FinishedRecords.Reader {
        let reader = records(of: jobs)
        let list = ClientJobList([:], ByteBuffer(), jobs, of: nil, by: reader, separator: "", ByteBuffer()) { _ in [] }
        try await list.write(on: api) { _ in }
        return reader
    }

    /// The finished jobs with an id of a client.
    func finished(_ jobs: ClientJobs, with id: String) async throws -> [Job] {
        let known = api.finishedRecords.jobs(with: id, in: jobs.state)
        let ids = if let known { known } else { try await readRecords(of: jobs).jobs(with: id) }
        guard !ids.isEmpty else { return [] }
        return try await api.blocking { [spool] in
            ids.compactMap { spool.jobIfAny($0) }.filter { ScrapydSite.has($0.metadata, id) && $0.status.state.isFinal }
        }
    }

    private static func isBefore(_ one: Job, _ other: Job) -> Bool {
        func rank(_ job: Job) -> (String, Int, Double) {
            (
                job.metadata.project.description, -(job.metadata.options.priority ?? JobOptions.normalPriority),
                -(job.metadata.client?.weight ?? 0)
            )
        }
        let ranks = (rank(one), rank(other))
        if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
        return (one.metadata.created, one.id) < (other.metadata.created, other.id)
    }
}

extension JSON {
    /// The path of a job's log, percent-encoded.
    static func logURL(of job: JobMetadata) -> String {
        let (project, spider, name) = Spool.logPath(of: job)
        return "/logs/" + [project, spider, "\(name).log"].map { ScrapydPage.encoded($0) }.joined(separator: "/")
    }

    /// The path of a job's items, percent-encoded.
    static func itemsURL(of job: JobMetadata) -> String {
        "/"
            + Spool.itemPath(of: job).split(separator: "/").map { ScrapydPage.encoded(String($0)) }.joined(
                separator: "/")
    }

    /// A pending job in `listjobs.json`.
    static func pending(_ job: Job) -> JSON {
        let (metadata, options) = (job.metadata, job.metadata.options)
        let version = metadata.client?.version ?? options.version.map { "\($0.value)" }
        let payload = metadata.payload == "{}" ? [] : [NamedText(name: "payload", text: metadata.payload)]
        func object(_ texts: [NamedText]) -> JSON { .object(texts.map { Member($0.name, .string($0.text)) }) }
        return .object([
            Member("id", .string(metadata.client?.id ?? metadata.id.description)),
            Member("project", .string(metadata.project.description)),
            Member("spider", .string(metadata.spider.description)),
            Member("version", version.map { .string($0) } ?? .null),
            Member("settings", object(options.settings)), Member("args", object(payload + options.arguments)),
        ])
    }

    /// A running job in `listjobs.json`.
    static func running(_ job: Job, hasLog: Bool, hasItems: Bool, in zone: TimeZoneRules) -> JSON {
        let (metadata, status) = (job.metadata, job.status)
        return .object([
            Member("id", .string(metadata.client?.id ?? metadata.id.description)),
            Member("project", .string(metadata.project.description)),
            Member("spider", .string(metadata.spider.description)),
            Member("pid", status[.pid].map { .number($0) } ?? .null),
            Member("start_time", .string(zone.civil(at: status[.started] ?? metadata.created).text)),
            Member("log_url", hasLog ? .string(logURL(of: metadata)) : .null),
            Member("items_url", hasItems ? .string(itemsURL(of: metadata)) : .null),
        ])
    }
}
