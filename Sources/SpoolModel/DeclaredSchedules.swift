/// The schedules that a version of a project declares: the content of `versions/<n>/schedules.json`, an object whose
/// `schedules` are metadata of jobs, each with its name (``JobMetadata/declared``).
public struct DeclaredSchedules: Hashable, Sendable {
    /// The most schedules of a version.
    public static let most = 500
    /// The most bytes of the file.
    public static let limit = 16 << 20

    /// The schedules, each name once, in their order. Their ids are those of templates: a schedule that is made of one has
    /// an id of its own.
    public let all: [JobMetadata]

    /// Schedules, each of another name.
    public init(_ schedules: [JobMetadata]) {
        all = schedules
    }

    /// Parses the file's content; nil if it is damaged, has a schedule without a name, or one name twice.
    public init?(parsing bytes: [UInt8]) {
        guard let elements = JSON(ifValid: bytes)?["schedules"]?.elements, elements.count <= DeclaredSchedules.most
        else { return nil }
        let schedules = elements.compactMap { JobMetadata(parsing: $0.file) }
        let names = Set(schedules.compactMap(\.declared))
        guard schedules.count == elements.count, names.count == schedules.count else { return nil }
        all = schedules
    }

    /// The file's content.
    public var file: [UInt8] {
        let elements = all.compactMap { JSON(ifValid: $0.file) }
        return JSON.object([JSON.Member("schedules", .array(elements))]).file
    }
}

extension JobMetadata {
    /// A new schedule like this one, which is a template.
    public func made(as id: JobID, at instant: Timestamp) -> JobMetadata {
        var made = JobMetadata(
            id: id, actor: actor, schedule: schedule, project: project, spider: spider, description: description,
            payload: payload, created: instant)
        made.take(from: self)
        return made
    }

    /// Takes over the content of a template, and keeps the schedule's identity: its id, when it was made, by whom.
    public mutating func declare(_ template: JobMetadata, at instant: Timestamp) {
        let before = self
        (schedule, spider) = (template.schedule, template.spider)
        (description, payload) = (template.description, template.payload)
        let by = self.by
        take(from: template)
        self.by = by
        if self != before { edit = ScheduleEdit(at: instant, by: template.by) }
    }

    private mutating func take(from template: JobMetadata) {
        (overlap, catchUp, executor) = (template.overlap, template.catchUp, template.executor)
        (by, options, declared) = (template.by, template.options, template.declared)
    }
}
