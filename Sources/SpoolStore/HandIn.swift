internal import Glibc
public import LinuxSystem
public import SpoolModel

/// A job that somebody moved into `incoming/`: a directory with a `metadata.json` of `project` and `spider`, and
/// `when`, `description`, `payload`, `overlap`, `catch_up` and `executor` if wanted.
public struct HandIn: Sendable {
    /// The directory's name in `incoming/`.
    public let name: FileName
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

/// What a hand-in has become that could not be taken out of `incoming/` then.
public struct TakenHandIn: Sendable {
    /// The job.
    public let id: JobID
    /// Whether the directory is a copy of the one that became the job.
    public let isCopy: Bool

    /// What it has become, as it is known from elsewhere than its mark.
    public init(id: JobID, isCopy: Bool) {
        self.id = id
        self.isCopy = isCopy
    }
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
    public func incomingNames() throws(SpoolError) -> [FileName] {
        try doing("list incoming/") { () throws(SystemError) in try incoming.entries() }
            .map(\.name).filter { !$0.isHidden }.sorted()
    }

    /// Names in `cancel/` that are not hidden, sorted.
    public func cancelNames() throws(SpoolError) -> [FileName] {
        try doing("list cancel/") { () throws(SystemError) in try cancel.entries() }
            .map(\.name).filter { !$0.isHidden }.sorted()
    }

    /// Reads what was handed in.
    public func readHandIn(_ name: FileName) throws(HandInError) -> HandIn {
        let directory: Directory
        do throws(SystemError) {
            directory = try incoming.directory(name)
        } catch {
            let isClosed = error.code == EACCES || error.code == EPERM
            throw HandInError(
                reason: isClosed
                    ? "it cannot be opened (\(error.reason))" : "it is not a directory with a metadata.json",
                isFinal: !error.isMissing, age: 0)
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

    /// The file in a hand-in that says which job it became, and which directory that was.
    private static let takenMark = ".taken"

    /// What a hand-in has become that could not be taken away; nil for one that is still to become a job.
    public func takenHandIn(_ name: FileName) -> TakenHandIn? {
        // What cannot be read has no mark of ours: nothing becomes a job whose directory cannot be written to.
        guard let directory = try? incoming.directory(name),
            let content = try? directory.content(Spool.takenMark, limit: 256),
            case let words = String(decoding: content, as: UTF8.self).split(whereSeparator: \.isWhitespace),
            let id = words.first.flatMap({ JobID($0) })
        else { return nil }
        let inode = try? directory.descriptor.information().inode
        return TakenHandIn(id: id, isCopy: words.dropFirst().first.flatMap { UInt64($0) } != inode)
    }

    /// Marks a hand-in, durably, as one that has become a job: it is never made a job again, also when that one is purged.
    public func markTaken(_ name: FileName, as id: JobID) throws(SpoolError) {
        try doing("mark incoming/\(name) as taken") { () throws(SystemError) in
            let directory = try incoming.directory(name)
            let inode = try directory.descriptor.information().inode
            try directory.publish(Spool.takenMark, Array("\(id) \(inode)\n".utf8))
        }
    }

    /// Takes away what has become a job.
    ///
    /// - Returns: its name in `tmp/` if something is left of it there.
    public func removeHandIn(_ name: FileName, of id: JobID) throws(SpoolError) -> FileName? {
        // Named by the job: its own name may be as long as a name can be.
        let place = "incoming-\(id)"
        try doing("take incoming/\(name) away") { () throws(SystemError) in
            try tmp.removeTree(place)
            try incoming.durably { incoming throws(SystemError) in try incoming.move(name, to: tmp, as: place) }
        }
        return (try? tmp.removeTree(place)) == nil ? FileName(place) : nil
    }

    /// The directory of the day of a job.
    public func day(of id: JobID) throws(SpoolError) -> Directory {
        try doing("open the day of \(id)") { () throws(SystemError) in try jobs.directory(id.day) }
    }
}
