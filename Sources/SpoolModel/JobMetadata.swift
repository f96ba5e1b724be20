/// What was asked for with a job: the content of its `metadata.json`, written once.
public struct JobMetadata: Hashable, Sendable {
    /// The newest layout that this program knows.
    public static let format = 1

    /// The most bytes that a payload may be sent with: Linux gives a program no argument of more than 128 KiB (execve(2)).
    public static let longestPayload = 120 << 10

    /// Who made the job.
    public enum Actor: String, Sendable {
        /// A person or a program, by the API or by hand.
        case user = "USER"
        /// The scheduler, at a firing of a scheduled job.
        case scheduler = "SCHEDULER"
    }

    /// The job's id.
    public let id: JobID
    /// Who made it.
    public var actor: Actor
    /// The scheduling spec as it was given: `now`, `every 10 minutes`.
    public var schedule: String
    /// The project that holds the spider.
    public var project: ProjectName
    /// The spider to run.
    public var spider: SpiderName
    /// A short text of the user's.
    public var description: String
    /// JSON for the spider's argument `payload`, as the API shows it.
    public var payload: String
    /// When it was asked for.
    public var created: Timestamp
    /// The scheduled job that fired it, if one did.
    public var firedBy: JobID?
    /// What happens when runs of the schedule overlap; nil leaves it to the engine's settings.
    public var overlap: Overlap?
    /// How many missed runs are made up for; nil leaves it to the engine's settings.
    public var catchUp: CatchUp?
    /// What is to run the job; nil leaves it to the engine's settings.
    public var executor: Executor?
    /// Who asked for it, or for the schedule that fired it (``Requester``), where that is known.
    public var by: String?
    /// Everything in the file, members unknown to this program too.
    private var document: JSON = .object([])

    /// The metadata of a job that is about to be made.
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

    /// Reads the file's content; nil when a member is missing, of the wrong type, or not a name.
    public init?(parsing bytes: [UInt8]) {
        guard let document = try? JSON(parsing: bytes),
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
        self.document = document
    }

    /// The layout's number as the file gives it; nil where it gives none, and for metadata that was not read.
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
        return document.file
    }
}
