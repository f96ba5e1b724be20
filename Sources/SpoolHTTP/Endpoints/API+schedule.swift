internal import LinuxSystem
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension API {
    /// `schedule-job.json`: creates a job. The job is durable before the answer.
    func scheduleJob(_ parameters: Parameters, by requester: Requester?) async throws -> APIResponse {
        let projectName = try parameters.required("project")
        let spiderName = try parameters.required("spider")
        let when = try parameters.required("when")
        let description = try description(parameters.text("description"))
        let project = try await project(projectName)
        let options = try options(parameters)
        let spiders = try await spiders(of: project, in: options.version)
        guard let spider = SpiderName(spiderName), spiders.contains(spider) else {
            let names = spiders.map(\.description)
            throw APIError.badRequest(Advice.unknownSpider(spiderName, of: projectName, among: names))
        }
        let payload = try payload(try parameters.text("payload"), hint: parameters.semicolonHint)
        let spec = try spec(when)
        var job = try newJob(
            project: project.name, spider: spider, when: when, spec, description: description, payload: payload)
        try setPolicies(of: &job.metadata, parameters)
        job.metadata.by = requester?.description
        job.status[.by] = job.metadata.by
        job.metadata.options = options
        let made = job
        let defaults = spec.isNow || spec.isOnce ? settings.rules.defaults : nil
        try await blocking { [spool] in try make(made, by: defaults, in: spool) }
        note(
            "Scheduled", by: requester,
            ["job": "\(job.id)", "project": "\(project.name)", "spider": "\(spider)"])
        return .ok([JSON.Member("identifier", .string(job.id.description))])
    }

    /// The error of a spec that has no future run.
    static func pastMessage(_ when: String) -> String { "`\(when)` is in the past" }

    /// Reads `overlap`, `catch-up` and `executor`, which scrapy-do does not have.
    func setPolicies(of metadata: inout JobMetadata, _ parameters: Parameters) throws(APIError) {
        if let text = try parameters.text("overlap") {
            guard let overlap = Overlap(rawValue: text) else {
                throw .badRequest("Unknown overlap \"\(text)\": one of allow, skip, queue")
            }
            metadata.overlap = overlap
        }
        if let text = try parameters.text("catch-up") {
            guard let catchUp = CatchUp(text) else {
                throw .badRequest("Unknown catch-up \"\(text)\": none, one, or a number up to \(CatchUp.limit)")
            }
            metadata.catchUp = catchUp
        }
        if let text = try parameters.text("executor") {
            guard let executor = Executor(rawValue: text) else {
                throw .badRequest("Unknown executor \"\(text)\": one of local, slurm")
            }
            guard executor == .local || settings.hasSlurm else {
                throw .badRequest(
                    "This server sends no jobs to Slurm: its `executor`, `executors` or `shared-spool` does it")
            }
            metadata.executor = executor
        }
    }

    /// The most bytes of a description, which each list of jobs repeats.
    private static let longestDescription = 4096

    func description(_ text: String?) throws(APIError) -> String {
        guard let text else { return "" }
        guard text.utf8.count <= API.longestDescription else {
            throw .badRequest("The description is longer than \(API.longestDescription) bytes: shorten it")
        }
        return text
    }

    /// - Parameter hint: the addition to the message for a text that is no JSON.
    func payload(_ text: String?, hint semicolon: String) throws(APIError) -> String {
        guard let text else { return "{}" }
        do throws(PayloadError) {
            return try Payload.text(from: text)
        } catch {
            switch error {
            case .notJSON(let error):
                let hint = Payload.hint(for: text).map { ": \($0)" } ?? ""
                throw .badRequest("Payload is not a valid JSON string: \(error)\(hint)\(semicolon)")
            case .tooLong:
                throw .badRequest(
                    "The payload is longer than \(JobMetadata.longestPayload) bytes, the most that a spider can be given"
                )
            }
        }
    }

    func spec(_ when: String) throws(APIError) -> SchedulingSpec {
        do {
            return try SchedulingSpec(parsing: when)
        } catch {
            throw .badRequest("\(error)")
        }
    }

    func newJob(
        project: ProjectName, spider: SpiderName, when: String, _ spec: SchedulingSpec, description: String,
        payload: String
    ) throws(APIError) -> Job {
        var generator = SystemRandomNumberGenerator()
        let now = now
        let status: JobStatus?
        do {
            status = try settings.timeZones.firstStatus(of: spec, at: now, using: &generator)
        } catch {
            throw .badRequest("\(error)")
        }
        guard let status else { throw .badRequest(API.pastMessage(when)) }
        return Job(
            metadata: JobMetadata(
                id: JobID(at: now, using: &generator), actor: .user, schedule: when, project: project, spider: spider,
                description: description, payload: payload, created: now),
            status: status)
    }
}

/// Publishes a job, unless its project lost the spider meanwhile: the lock excludes concurrent pushes and removals.
///
/// - Parameter defaults: for the options that the job leaves open; nil for a schedule, whose runs get them.
func make(_ job: Job, by defaults: JobOptions?, in spool: Spool) throws {
    var job = job
    do throws(SpoolError) {
        if let defaults {
            job.metadata.options = try spool.options(job.metadata.options, of: job.metadata.project, by: defaults)
        }
        try spool.withProjectsLocked(shared: true) { () throws(SpoolError) in
            let project = try spool.project(job.metadata.project)
            guard try spool.spiders(of: project, for: job.metadata).contains(job.metadata.spider) else {
                throw SpoolError(.refused, "Unknown spider \(job.metadata.project)/\(job.metadata.spider)")
            }
            try spool.create(job)
        }
    } catch {
        throw APIError(error)
    }
}
