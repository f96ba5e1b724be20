public import LinuxSystem
public import SpoolModel

/// A job that somebody moved into `incoming/`: a directory with a `metadata.json` of `project` and `spider`, and
/// `when`, `description`, `payload`, `overlap`, `catch_up` and `executor` if wanted.
public struct HandIn: Sendable {
    /// The directory's name in `incoming/`.
    public let name: String
    /// The project.
    public let project: ProjectName
    /// The spider.
    public let spider: SpiderName
    /// The scheduling spec; `now` where none is given.
    public let when: String
    /// The description; empty where none is given.
    public let description: String
    /// JSON for the spider; `{}` where none is given. In the file it may be a string or the value itself.
    public let payload: String
    /// What happens when runs overlap, if that is said.
    public let overlap: Overlap?
    /// How many missed runs are made up for, if that is said.
    public let catchUp: CatchUp?
    /// What is to run it, if that is said.
    public let executor: Executor?
    /// The id that an interrupted attempt has chosen.
    let reserved: JobID?
}

/// Why a directory in `incoming/` is no job.
public struct HandInError: Error, Sendable {
    /// A sentence for the file beside it in `quarantine/`.
    public let reason: String
    /// Whether waiting cannot help.
    public let isFinal: Bool
    /// Microseconds since the directory last changed.
    public let age: Int64
}

extension Spool {
    /// Names in `incoming/` that are not hidden, sorted.
    public func incomingNames() throws(SpoolError) -> [String] {
        try doing("list incoming/") { () throws(SystemError) in try incoming.names() }
            .filter { !$0.hasPrefix(".") }.sorted()
    }

    /// Names in `cancel/` that are not hidden, sorted.
    public func cancelNames() throws(SpoolError) -> [String] {
        try doing("list cancel/") { () throws(SystemError) in try cancel.names() }
            .filter { !$0.hasPrefix(".") }.sorted()
    }

    /// Reads what was handed in.
    public func readHandIn(_ name: String) throws(HandInError) -> HandIn {
        let directory: Directory
        do throws(SystemError) {
            directory = try incoming.directory(name)
        } catch {
            throw HandInError(reason: "it is not a directory with a metadata.json", isFinal: !error.isMissing, age: 0)
        }
        let changed = (try? directory.descriptor.information().modified) ?? 0
        let age = Machine.wallClock() - changed / 1000
        func refuse(_ reason: String, isFinal: Bool = true) -> HandInError {
            HandInError(reason: reason, isFinal: isFinal, age: age)
        }
        guard let content = try? directory.content("metadata.json") else {
            throw refuse("it has no readable metadata.json", isFinal: false)
        }
        guard let document = try? JSON(parsing: content) else {
            throw refuse("its metadata.json is not JSON", isFinal: false)
        }
        guard let project = document["project"]?.text.flatMap(ProjectName.init) else {
            throw refuse("its metadata.json names no `project`")
        }
        guard let spider = document["spider"]?.text.flatMap(SpiderName.init) else {
            throw refuse("its metadata.json names no `spider`")
        }
        let payload: String
        do throws(PayloadError) {
            // A string is the JSON text; anything else is the value itself.
            payload =
                try document["payload"].map { value throws(PayloadError) in
                    try Payload.text(from: value.text ?? value.line)
                } ?? "{}"
        } catch {
            throw refuse(
                error == .tooLong
                    ? "its `payload` is longer than \(JobMetadata.longestPayload) bytes" : "its `payload` is not JSON")
        }
        let overlap = document["overlap"]?.text
        guard overlap == nil || overlap.flatMap(Overlap.init(rawValue:)) != nil else {
            throw refuse("its `overlap` is none of allow, skip and queue")
        }
        let catchUp = document["catch_up"].map { $0.text ?? $0.line }
        guard catchUp == nil || catchUp.flatMap({ CatchUp($0) }) != nil else {
            throw refuse("its `catch_up` is none of none, one and a number up to \(CatchUp.limit)")
        }
        let executor = document["executor"]?.text
        guard executor == nil || executor.flatMap(Executor.init(rawValue:)) != nil else {
            throw refuse("its `executor` is neither local nor slurm")
        }
        let reserved = (try? directory.content(".job-id")).map { String(decoding: $0, as: UTF8.self) }
        return HandIn(
            name: name, project: project, spider: spider, when: document["when"]?.text ?? "now",
            description: document["description"]?.text ?? "", payload: payload,
            overlap: overlap.flatMap(Overlap.init(rawValue:)), catchUp: catchUp.flatMap { CatchUp($0) },
            executor: executor.flatMap(Executor.init(rawValue:)), reserved: reserved.flatMap { JobID($0) })
    }

    /// Chooses the id of the job, durably, so that an attempt after a crash makes the same job and not another one.
    public func reserveID(for handIn: HandIn, _ id: JobID) throws(SpoolError) -> JobID {
        if let reserved = handIn.reserved { return reserved }
        try doing("reserve an id for incoming/\(handIn.name)") { () throws(SystemError) in
            try incoming.directory(handIn.name).publish(".job-id", Array(id.description.utf8))
        }
        return id
    }

    /// Takes away what has become a job.
    public func removeHandIn(_ name: String) throws(SpoolError) {
        try doing("remove incoming/\(name)") { () throws(SystemError) in
            try tmp.removeTree("incoming-\(name)")
            try incoming.durably { incoming throws(SystemError) in
                try incoming.move(name, to: tmp, as: "incoming-\(name)")
            }
            try tmp.removeTree("incoming-\(name)")
        }
    }

    /// The directory of the day of a job.
    public func day(of id: JobID) throws(SpoolError) -> Directory {
        try doing("open the day of \(id)") { () throws(SystemError) in try jobs.directory(id.day) }
    }
}
