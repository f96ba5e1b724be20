internal import Glibc
public import LinuxSystem
public import SpoolModel

/// A job that was submitted by moving a directory into `incoming/`. Its `metadata.json` has `project` and `spider`, and
/// optionally `when`, `description`, `payload`, `overlap`, `catch_up`, `executor`, and the members of ``JobOptions``.
public struct Submission: Sendable {
    /// The directory's name in `incoming/`.
    public let name: FileName
    /// The project.
    public let project: ProjectName
    /// The spider.
    public let spider: SpiderName
    /// The scheduling spec; `now` if not given, or not a string.
    public let when: String
    /// The description; empty if not given, or not a string.
    public let description: String
    /// JSON for the spider; `{}` if not given. In the file it may be a string or the value itself.
    public let payload: String
    /// The policy for overlapping runs, if given as a string.
    public let overlap: Overlap?
    /// The number of missed runs to make up for, if given.
    public let catchUp: CatchUp?
    /// The kind of executor, if given as a string.
    public let executor: Executor?
    /// What else it asks for.
    public let options: JobOptions
    /// The id that an interrupted attempt has reserved.
    let reserved: JobID?
}

/// A sentence about a member of a submission's `metadata.json` that is missing or not valid.
private struct MemberProblem: Error {
    let reason: String
}

extension Submission {
    fileprivate init(_ name: FileName, from document: JSON, reserved: JobID?) throws(MemberProblem) {
        guard let project = document["project"]?.text.flatMap(ProjectName.init) else {
            throw MemberProblem(reason: "its metadata.json names no `project`")
        }
        guard let spider = document["spider"]?.text.flatMap(SpiderName.init) else {
            throw MemberProblem(reason: "its metadata.json names no `spider`")
        }
        // A directory of a job may be handed in again, with all that its file has.
        if let reason = JobOptions.unknownMember(of: document, besides: JobMetadata.members + ["when", "force"]) {
            throw MemberProblem(reason: "its metadata.json: \(reason)")
        }
        self.name = name
        self.project = project
        self.spider = spider
        payload = try Submission.payload(of: document)
        if let member = Submission.firstThatIsNoText(in: document) {
            throw MemberProblem(reason: "its `\(member)` is not a string")
        }
        when = document["when"]?.text ?? "now"
        description = document["description"]?.text ?? ""
        overlap = try Submission.choice(
            "overlap", document["overlap"]?.text, Overlap.init(rawValue:), "allow, skip and queue")
        catchUp = try Submission.choice(
            "catch_up", document["catch_up"].map { $0.text ?? $0.line }, { CatchUp($0) },
            "none, one and a number up to \(CatchUp.limit)")
        executor = try Submission.choice(
            "executor", document["executor"]?.text, Executor.init(rawValue:), "local and slurm")
        do {
            options = try JobOptions(parsing: document)
            if document["force"] != .bool(true) { try options.checkSettings() }
        } catch {
            throw MemberProblem(reason: "its metadata.json cannot be used: \(error)")
        }
        self.reserved = reserved
    }

    private static func payload(of document: JSON) throws(MemberProblem) -> String {
        do throws(PayloadError) {
            // A string contains JSON text; any other value is the payload itself.
            return try document["payload"].map { value throws(PayloadError) in
                try Payload.text(from: value.text ?? value.line)
            } ?? "{}"
        } catch {
            throw MemberProblem(
                reason: error == .tooLong
                    ? "its `payload` is longer than \(JobMetadata.longestPayload) bytes" : "its `payload` is not JSON")
        }
    }

    /// Reads a member with few valid values; nil if it is not given.
    private static func choice<Value>(
        _ member: String, _ text: String?, _ parse: (String) -> Value?, _ valid: String
    ) throws(MemberProblem) -> Value? {
        guard let text else { return nil }
        guard let value = parse(text) else { throw MemberProblem(reason: "its `\(member)` is none of \(valid)") }
        return value
    }

    /// The first optional member of `metadata.json` that has to be a string and is something else.
    private static func firstThatIsNoText(in document: JSON) -> String? {
        ["when", "description", "overlap", "executor"].first { name in
            guard let value = document[name], value != .null else { return false }
            return value.text == nil
        }
    }
}

/// The result of a submission that could not be removed from `incoming/` at that time.
public struct AcceptedSubmission: Sendable {
    /// The job.
    public let id: JobID
    /// Whether the directory is a copy of the one that became the job.
    public let isCopy: Bool

    /// A result that is known from another source than the mark.
    public init(id: JobID, isCopy: Bool) {
        self.id = id
        self.isCopy = isCopy
    }
}

/// The reason why a directory in `incoming/` is not a valid job.
public struct SubmissionError: Error, Sendable {
    /// A sentence for the `.reason` file in `quarantine/`.
    public let reason: String
    /// Whether the problem is permanent, so that waiting does not help.
    public let isFinal: Bool
    /// Microseconds since the directory last changed.
    public let age: Int64
    /// The error of the system that prevented reading it, if the problem may not be the submission's: descriptors ran
    /// out, or the disk fails. The submission is to be read again later.
    public let failure: SpoolError?

    init(reason: String, isFinal: Bool, age: Int64, failure: SpoolError? = nil) {
        self.reason = reason
        self.isFinal = isFinal
        self.age = age
        self.failure = failure
    }
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

    /// Reads a submission.
    public func readSubmission(_ name: FileName) throws(SubmissionError) -> Submission {
        let directory: Directory
        do throws(SystemError) {
            directory = try incoming.directory(name)
        } catch {
            let isClosed = error.code == EACCES || error.code == EPERM
            throw SubmissionError(
                reason: isClosed
                    ? "it cannot be opened (\(error.reason))" : "it is not a directory with a metadata.json",
                isFinal: !error.isMissing, age: 0, failure: unless(error, isAboutFileOf: name))
        }
        let content: [UInt8]?
        let reserved: [UInt8]?
        let age: Int64
        do throws(SystemError) {
            age = SystemClock.wall() - (try directory.descriptor.information().modified) / 1000
            content = try directory.contentIfUsable("metadata.json")
            // Read as exactly as the parameters: without the id, an interrupted submission would become a second job.
            reserved = try directory.contentIfUsable(".job-id")
        } catch {
            throw SubmissionError(
                reason: "it cannot be read (\(error.reason))", isFinal: false, age: 0,
                failure: SpoolError(error, while: "read incoming/\(name)"))
        }
        guard let content else {
            throw SubmissionError(reason: "it has no readable metadata.json", isFinal: false, age: age)
        }
        guard let document = JSON(ifValid: content) else {
            throw SubmissionError(reason: "its metadata.json is not JSON", isFinal: false, age: age)
        }
        guard directory.informationIfAny(".job-id")?.kind != .directory else {
            throw SubmissionError(
                reason: "its `.job-id` is a directory, and has to be a file of the server's: remove it", isFinal: true,
                age: age)
        }
        do throws(MemberProblem) {
            return try Submission(
                name, from: document, reserved: reserved.flatMap { JobID(String(decoding: $0, as: UTF8.self)) })
        } catch {
            throw SubmissionError(reason: error.reason, isFinal: true, age: age)
        }
    }

    private func unless(_ error: SystemError, isAboutFileOf name: FileName) -> SpoolError? {
        error.isAboutFile ? nil : SpoolError(error, while: "open incoming/\(name)")
    }

    /// Reserves the job's id durably, so that an attempt after a crash creates the same job and not another one.
    public func reserveID(for submission: Submission, _ id: JobID) throws(SpoolError) -> JobID {
        if let reserved = submission.reserved { return reserved }
        try doing("reserve an id for incoming/\(submission.name)") { () throws(SystemError) in
            try incoming.directory(submission.name).publish(".job-id", Array(id.description.utf8))
        }
        return id
    }

    /// The file in a submission with the id of its job and the inode of the directory.
    private static let takenMark = ".taken"

    /// The result of a submission that could not be removed; nil if it has not become a job yet.
    ///
    /// Throws if descriptors ran out or the disk fails, so that nothing is known.
    public func acceptedSubmission(_ name: FileName) throws(SpoolError) -> AcceptedSubmission? {
        try doing("read incoming/\(name)") { () throws(SystemError) in
            // A directory that is not accessible has no mark: it does not become a job if it cannot be written to.
            guard let directory = try incoming.directoryIfUsable(name),
                let content = try directory.contentIfUsable(Spool.takenMark, limit: 256),
                case let words = String(decoding: content, as: UTF8.self).split(whereSeparator: \.isWhitespace),
                let id = words.first.flatMap({ JobID($0) })
            else { return nil }
            let inode = try directory.descriptor.information().inode
            return AcceptedSubmission(id: id, isCopy: words.dropFirst().first.flatMap { UInt64($0) } != inode)
        }
    }

    /// Marks a submission durably as one that has become a job, so that it never becomes one again, even after that job
    /// was purged.
    public func markAccepted(_ name: FileName, as id: JobID) throws(SpoolError) {
        try doing("mark incoming/\(name) as taken") { () throws(SystemError) in
            let directory = try incoming.directory(name)
            let inode = try directory.descriptor.information().inode
            try directory.publish(Spool.takenMark, Array("\(id) \(inode)\n".utf8))
        }
    }

    /// Removes a submission that has become a job.
    ///
    /// - Returns: its name in `tmp/` if a part of it is left there.
    public func removeSubmission(_ name: FileName, of id: JobID) throws(SpoolError) -> FileName? {
        // The name contains the job's id: the submission's own name may already have the maximum length.
        let place = "incoming-\(id)"
        try doing("take incoming/\(name) away") { () throws(SystemError) in
            try tmp.removeTree(place)
            try incoming.durably { incoming throws(SystemError) in try incoming.move(name, to: tmp, as: place) }
        }
        return removeRubbish(FileName(place)) == nil ? nil : FileName(place)
    }

    /// The directory of a job's day.
    public func day(of id: JobID) throws(SpoolError) -> Directory {
        try doing("open the day of \(id)") { () throws(SystemError) in try jobs.directory(id.day) }
    }
}
