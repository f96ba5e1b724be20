/// The parameters of a job: the content of its `metadata.json`.
public struct JobMetadata: Hashable, Sendable {
    /// The newest layout that this program knows.
    public static let format = 1

    /// The members of the file that are not options (``JobOptions/members``).
    public static let members = [
        "format", "id", "actor", "schedule", "project", "spider", "description", "payload", "created", "fired_by",
        "overlap", "catch_up", "executor", "by", "retry_of", "try", "client", "edited", "edited_by", "declared",
    ]

    /// The most bytes that a payload may have: Linux limits an argument of a program to 128 KiB (execve(2)).
    public static let longestPayload = 120 << 10

    /// The kind of creator of a job.
    public enum Actor: String, Sendable {
        /// A person or a program, through the API or the spool tree.
        case user = "USER"
        /// The scheduler, when a scheduled job fires.
        case scheduler = "SCHEDULER"
    }

    /// The job's id.
    public let id: JobID
    /// The kind of creator.
    public var actor: Actor
    /// The scheduling spec as it was given: `now`, `every 10 minutes`.
    public var schedule: String
    /// The project that holds the spider.
    public var project: ProjectName
    /// The spider to run.
    public var spider: SpiderName
    /// The user's short description.
    public var description: String
    /// JSON for the spider's argument `payload`, as the API shows it.
    public var payload: String
    /// When the job was requested.
    public var created: Timestamp
    /// The scheduled job that fired it; nil for other jobs.
    public var firedBy: JobID?
    /// The policy for overlapping runs of the schedule; nil for the engine's setting.
    public var overlap: Overlap?
    /// The number of missed runs to make up for; nil for the engine's setting.
    public var catchUp: CatchUp?
    /// The executor of the job; nil for the engine's setting.
    public var executor: Executor?
    /// The requester of the job, or of the schedule that fired it (``Requester``); nil if not known.
    public var by: String?
    /// The last change of a schedule; nil if it is as it was made.
    public var edit: ScheduleEdit?
    /// The name under which the project declares this schedule; nil for one that was asked for otherwise.
    public var declared: ScheduleName?
    /// The first try of a job that is tried again; nil for a first try.
    public var retryOf: JobID?
    /// The number of the try: 2 for the first retry.
    public var tryNumber = 1
    /// What the job was asked for besides its spider.
    public var options = JobOptions()
    /// The request of a client of scrapyd in its own terms; nil for other jobs.
    public var client: ClientRequest?
    /// Whether it names a version of its project's code, so that the current one is nothing to it.
    public var namesVersion: Bool { options.version != nil || client?.version?.isEmpty == false }
    /// All members of the file, including those that this program does not know.
    private var document: JSON = .object([])

    /// The metadata of a new job.
    public init(
        id: JobID, actor: Actor, schedule: String, project: ProjectName, spider: SpiderName, description: String,
        payload: String, created: Timestamp, firedBy: JobID? = nil
    ) {
        self.id = id
        self.actor = actor
        self.schedule = schedule
        self.project = project
        self.spider = spider
        self.description = description
        self.payload = payload
        self.created = created
        self.firedBy = firedBy
    }

    /// Parses the file's content; nil if a required member is missing, has the wrong type, or is not a valid name,
    /// or if an option is not valid.
    public init?(parsing bytes: [UInt8]) {
        guard let document = JSON(ifValid: bytes),
            let id = document["id"]?.text.flatMap({ JobID($0) }),
            let actor = document["actor"]?.text.flatMap(Actor.init(rawValue:)),
            let schedule = document["schedule"]?.text,
            let project = document["project"]?.text.flatMap(ProjectName.init),
            let spider = document["spider"]?.text.flatMap(SpiderName.init),
            let created = document["created"]?.text.flatMap({ Timestamp(rfc3339: $0) })
        else { return nil }
        self.init(
            id: id, actor: actor, schedule: schedule, project: project, spider: spider,
            description: document["description"]?.text ?? "", payload: document["payload"]?.text ?? "{}",
            created: created, firedBy: document["fired_by"]?.text.flatMap { JobID($0) })
        overlap = document["overlap"]?.text.flatMap(Overlap.init(rawValue:))
        catchUp = document["catch_up"]?.text.flatMap { CatchUp($0) }
        executor = document["executor"]?.text.flatMap(Executor.init(rawValue:))
        by = document["by"]?.text
        edit = document["edited"]?.text.flatMap { Timestamp(rfc3339: $0) }
            .map { ScheduleEdit(at: $0, by: document["edited_by"]?.text) }
        declared = document["declared"]?.text.flatMap { ScheduleName($0) }
        retryOf = document["retry_of"]?.text.flatMap { JobID($0) }
        tryNumber = min(max(document["try"]?.integer ?? 1, 1), JobOptions.mostRetries + 1)
        do throws(OptionError) {
            options = try JobOptions(parsing: document, takingAnyName: true)
        } catch {
            // To run a job without a limit or a rule that it was asked for is worse than not to run it.
            return nil
        }
        client = document["client"].flatMap { ClientRequest(parsing: $0) }
        self.document = document
    }

    /// The layout's number in the file; nil if it is missing, and for metadata that was not read from a file.
    public var writtenFormat: Int? { document["format"]?.integer }

    /// The file's content.
    public var file: [UInt8] {
        var document = document
        document["format"] = document["format"] ?? .number(JobMetadata.format)
        document["id"] = .string(id.description)
        document["actor"] = .string(actor.rawValue)
        document["schedule"] = .string(schedule)
        document["project"] = .string(project.description)
        document["spider"] = .string(spider.description)
        document["description"] = .string(description)
        document["payload"] = .string(payload)
        document["created"] = .string(created.rfc3339)
        document["fired_by"] = firedBy.map { .string($0.description) }
        document["overlap"] = overlap.map { .string($0.rawValue) }
        document["catch_up"] = catchUp.map { .string($0.description) }
        document["executor"] = executor.map { .string($0.rawValue) }
        document["by"] = by.map { .string($0) }
        document["edited"] = edit.map { .string($0.at.rfc3339) }
        document["edited_by"] = edit?.by.map { .string($0) }
        document["declared"] = declared.map { .string($0.description) }
        document["retry_of"] = retryOf.map { .string($0.description) }
        document["try"] = tryNumber > 1 ? .number(tryNumber) : nil
        options.write(into: &document)
        document["client"] = client?.json
        return document.file
    }
}

/// When a schedule was last changed in place, and by whom.
public struct ScheduleEdit: Hashable, Sendable {
    /// When it was changed.
    public let at: Timestamp
    /// The requester of the change (``Requester``); nil if that is not known.
    public let by: String?

    /// A change.
    public init(at instant: Timestamp, by requester: String?) {
        at = instant
        by = requester
    }
}
