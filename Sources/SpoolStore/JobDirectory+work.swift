internal import Glibc
public import LinuxSystem
public import SpoolModel

/// How a job's `work/` comes to be, for each attempt anew: copies of its project's code, which are the job's to change.
///
/// `work/` is filled as `.work/` and gets its name when it is complete. What an interrupted attempt left is kept as
/// `work.<attempt>/`.
extension JobDirectory {
    /// The name of a job's working directory.
    public static let work = "work"

    private static let draft = ".work"

    /// The name under which the working directory of an interrupted attempt is kept.
    public static func work(of attempt: String) -> String { "\(work).\(attempt)" }

    /// Whether a name in a job's directory is that of the working directory of an interrupted attempt.
    public static func isKeptWork(_ name: String) -> Bool {
        guard name.hasPrefix("\(work).") else { return false }
        let attempt = name.dropFirst(work.count + 1)
        return JobID(attempt) != nil || attempt.hasPrefix("earlier")
    }

    /// The path of the spool's root from a job's directory: up from the job, the day, and `jobs/`.
    private static let root = "../../.."

    /// Opens the root of the spool that the job is in.
    public func spoolRoot() throws(SystemError) -> Directory {
        try directory.directory(JobDirectory.root)
    }

    // MARK: Before the spider

    /// Makes a fresh `work/` for an attempt that the caller has claimed. Nothing of it is flushed: whoever runs the job
    /// after a loss of power makes it again.
    ///
    /// - Parameter account: whose it shall be, who also gets let through the directories on the way; nil for this process's
    ///   user.
    public func prepareWork(
        for attempt: String, of project: ProjectName, version: Int, account: Account?
    ) throws(SystemError) {
        let root = try spoolRoot()
        if let account { try letThrough(account, from: root) }
        try setEarlierWorkAside(for: attempt)
        try directory.removeTree(JobDirectory.draft)
        do throws(SystemError) {
            let code = try VersionCode(of: project, version: version, in: root)
            let isSmall = try fillDraft(with: code, of: project, version: version, account: account, in: root)
            let claim = try directory.directory(JobDirectory.claim(attempt))
            let note = try claim.file("prepared", O_WRONLY | O_CREAT | O_TRUNC)
            try note.write(Preparation.file(version: version, isSmall: isSmall))
            if let account { try directory.directory(JobDirectory.draft).give(to: account) }
            try directory.rename(JobDirectory.draft, to: JobDirectory.work)
        } catch {
            // What cannot be removed now goes with the next attempt, or with the job.
            try? directory.removeTree(JobDirectory.draft)
            throw error
        }
    }

    /// Returns whether what was copied is small.
    private func fillDraft(
        with code: consuming VersionCode, of project: ProjectName, version: Int, account: Account?,
        in root: borrowing Directory
    ) throws(SystemError) -> Bool {
        let ready = ReadyCopy(of: project, version: version, for: account)
        // What was made ready is left to the engine in the end, which makes it ready again.
        if let stock = try? root.directory(ReadyCopy.directory),
            ready.take(from: stock, into: directory, as: JobDirectory.draft)
        {
            return false
        }
        try directory.makeDirectory(JobDirectory.draft)
        return try CodeCopy.fill(try directory.directory(JobDirectory.draft), with: code, for: account).isSmall
    }

    private func letThrough(_ account: Account, from root: borrowing Directory) throws(SystemError) {
        try root.letThrough(account.group)
        for path in ["../..", "..", "."] { try directory.directory(path).letThrough(account.group) }
    }

    /// Keeps what an interrupted attempt left, out of the next one's way.
    private func setEarlierWorkAside(for attempt: String) throws(SystemError) {
        guard directory.contains(JobDirectory.work) else { return }
        let name = try freeName(besides: attempt)
        try directory.move(JobDirectory.work, to: directory, as: name)
        removeLinksIntoProjects(in: name)
    }

    /// `work.<attempt>` for the newest attempt before this one whose working directory is not kept yet.
    private func freeName(besides attempt: String) throws(SystemError) -> String {
        let taken = Set(try directory.names())
        let earlier = taken.filter { $0.hasPrefix("claim.") }.map { String($0.dropFirst("claim.".count)) }
            .filter { $0 != attempt && !taken.contains(JobDirectory.work(of: $0)) }
        // One that was interrupted before it had filled anything has left nothing.
        var newest = earlier.max()
        for attempt in earlier.sorted() where hasFilledWork(attempt) { newest = attempt }
        if let newest { return JobDirectory.work(of: newest) }
        var name = JobDirectory.work(of: "earlier")
        var number = 1
        while taken.contains(name) {
            number += 1
            name = JobDirectory.work(of: "earlier-\(number)")
        }
        return name
    }

    private func hasFilledWork(_ attempt: String) -> Bool {
        let claim = JobDirectory.claim(attempt)
        return directory.contains("\(claim)/prepared") || directory.contains("\(claim)/trimmed")
    }

    /// Removes the links to a project's code by which servers before this one filled `work/`: they lead to a version that
    /// nobody keeps for them.
    private func removeLinksIntoProjects(in name: String) {
        guard let kept = try? directory.directory(name), let entries = try? kept.entries() else { return }
        for (link, kind) in entries where kind == .symbolicLink {
            guard let target = try? kept.target(ofLink: link), target.hasPrefix("../../../../projects/") else {
                continue
            }
            // What stays does no harm: it is neither listed nor followed.
            try? kept.remove(link)
        }
        try? directory.removeDirectory(name)
    }

    /// Takes a claim back under which nothing has happened, so that the start counts for none. False when it stays: the
    /// engine has given the attempt up meanwhile, or the disk is ill.
    public func withdrawClaim(of attempt: String) -> Bool {
        guard let claim = try? directory.directory(JobDirectory.claim(attempt)) else { return false }
        guard !claim.contains("lost") else { return false }
        for name in ["pen", "beat", "prepared"] { try? claim.removeTree(name) }
        // Fails if somebody has put `lost` there in between.
        return (try? directory.removeDirectory(JobDirectory.claim(attempt))) != nil
    }

    /// The exit status of a shim that has taken its claim back because of an error: by it the engine knows why.
    public static func exitStatus(ofStartThatFailedBy error: SystemError) -> Int32 {
        100 + min(max(error.code, 1), 150)
    }

    /// Why a shim has taken its claim back, by its exit status; nil when it has not.
    public static func failureOfStart(exitStatus: Int32) -> SystemError? {
        guard (101...250).contains(exitStatus) else { return nil }
        return SystemError(code: exitStatus - 100, operation: "fill the job's work/")
    }

    // MARK: What was prepared

    /// What is known of how an attempt's working directory was filled; nil for one that was trimmed, or filled by a server
    /// before this one.
    public func preparation(of attempt: String) -> Preparation? {
        guard let claim = try? directory.directory(JobDirectory.claim(attempt)),
            let file = try? claim.foreignFile("prepared"), let information = try? file.information(),
            let bytes = try? file.readAll(limit: 4096)
        else { return nil }
        return Preparation(parsing: bytes, at: information.modificationTime)
    }

    /// The working directories that there are: the current one, and those of interrupted attempts, oldest first.
    public func workPlaces() -> [WorkPlace] {
        guard let names = try? directory.names() else { return [] }
        let kept = names.filter { JobDirectory.isKeptWork($0) }.sorted()
        let unkept = names.filter { $0.hasPrefix("claim.") }.map { String($0.dropFirst("claim.".count)) }
            .filter { !kept.contains(JobDirectory.work(of: $0)) }.sorted(by: >)
        var places: [WorkPlace] = []
        for name in kept {
            let attempt = String(name.dropFirst("work.".count))
            places.append(WorkPlace(name: name, attempt: attempt, preparation: preparation(of: attempt)))
        }
        guard names.contains(JobDirectory.work) else { return places }
        for attempt in unkept {
            // One at most has filled it: the others had not come so far.
            guard let preparation = preparation(of: attempt) else { continue }
            places.append(WorkPlace(name: JobDirectory.work, attempt: attempt, preparation: preparation))
            return places
        }
        places.append(WorkPlace(name: JobDirectory.work, attempt: "", preparation: nil))
        return places
    }
}

/// A working directory of a job.
public struct WorkPlace: Sendable {
    /// Its name in the job's directory.
    public let name: String
    /// The attempt that it belongs to; empty where nobody knows.
    public let attempt: String
    /// How it was filled, as long as copies of the project's code are in it.
    public let preparation: Preparation?

    /// Whether it is the one of the last attempt.
    public var isCurrent: Bool { name == JobDirectory.work }
}
