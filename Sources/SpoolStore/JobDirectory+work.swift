internal import Glibc
public import LinuxSystem
public import SpoolModel

/// The preparation of a job's `work/`, anew for each attempt: copies of its project's code, which the job may change.
///
/// `work/` is filled as `.work/` and renamed when it is complete. The directory of an interrupted attempt is kept as
/// `work.<attempt>/`.
extension JobDirectory {
    /// The name of a job's working directory.
    public static let work = "work"

    private static let draft = ".work"

    /// The name under which the working directory of an interrupted attempt is kept.
    public static func work(of attempt: String) -> String { "\(work).\(attempt)" }

    /// Whether a name in a job's directory is that of an interrupted attempt's working directory.
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

    /// Creates a new `work/` for an attempt that the caller has claimed. It is not flushed: after a power loss, the
    /// next attempt makes it again.
    ///
    /// - Parameter account: the owner of the files, which also gets access to the directories above; nil for this
    ///   process's user.
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
            directory.removeLeftoverTree(JobDirectory.draft)
            throw error
        }
    }

    /// Returns whether few files were copied for this attempt.
    private func fillDraft(
        with code: consuming VersionCode, of project: ProjectName, version: Int, account: Account?,
        in root: borrowing Directory
    ) throws(SystemError) -> Bool {
        let ready = ReadyCopy(of: project, version: version, for: account)
        // The working directory of a ready copy is not trimmed by the shim: the engine reuses it.
        if let stock = root.directoryIfAny(ReadyCopy.directory),
            ready.take(from: stock, into: directory, as: JobDirectory.draft)
        {
            return false
        }
        try directory.makeDirectory(JobDirectory.draft)
        return try CodeCopy.fill(try directory.directory(JobDirectory.draft), with: code, for: account).isSmall
    }

    private func letThrough(_ account: Account, from root: borrowing Directory) throws(SystemError) {
        try root.letThrough(account.group)
        try ReportHook.letThrough(account, from: root)
        for path in ["../..", "..", "."] { try directory.directory(path).letThrough(account.group) }
    }

    /// Renames the working directory of an interrupted attempt.
    private func setEarlierWorkAside(for attempt: String) throws(SystemError) {
        guard directory.contains(JobDirectory.work) else { return }
        let name = try freeName(besides: attempt)
        try directory.move(JobDirectory.work, to: directory, as: name)
        removeLinksIntoProjects(in: name)
    }

    /// `work.<attempt>` for the newest earlier attempt that has no such directory yet.
    private func freeName(besides attempt: String) throws(SystemError) -> String {
        let taken = Set(try directory.names())
        let earlier = taken.filter { $0.hasPrefix("claim.") }.map { String($0.dropFirst("claim.".count)) }
            .filter { $0 != attempt && !taken.contains(JobDirectory.work(of: $0)) }
        // An attempt that was interrupted before it filled `work/` has left nothing.
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

    /// Removes the links to a project's code with which older servers filled `work/`: the version that they lead to is
    /// not kept.
    private func removeLinksIntoProjects(in name: String) {
        do throws(SystemError) {
            let kept = try directory.directory(name)
            for (link, kind) in try kept.entries() where kind == .symbolicLink {
                if try kept.target(ofLink: link).hasPrefix("../../../../projects/") { try kept.remove(link) }
            }
        } catch {
            // A link that stays is harmless: it is neither listed nor followed.
        }
        directory.removeIfEmpty(name)
    }

    /// Withdraws a claim under which nothing has happened, so that the attempt does not count. False if the claim
    /// stays: the engine has revoked the attempt, or the disk fails.
    public func withdrawClaim(of attempt: String) -> Bool {
        do throws(SystemError) {
            let claim = try directory.directory(JobDirectory.claim(attempt))
            guard !claim.contains("lost") else { return false }
            for name in ["pen", "beat", "prepared"] { try claim.removeTree(name) }
            // Fails if the engine has created `lost` in between.
            try directory.removeDirectory(JobDirectory.claim(attempt))
            return true
        } catch {
            return false
        }
    }

    /// The exit status of a shim that has withdrawn its claim because of an error. The engine gets the error from it.
    public static func exitStatus(ofStartThatFailedBy error: SystemError) -> Int32 {
        100 + min(max(error.code, 1), 150)
    }

    /// The error because of which a shim has withdrawn its claim, by its exit status; nil for other exit statuses.
    public static func failureOfStart(exitStatus: Int32) -> SystemError? {
        guard (101...250).contains(exitStatus) else { return nil }
        return SystemError(code: exitStatus - 100, operation: "fill the job's work/")
    }

    // MARK: Preparations

    /// The record of how an attempt's working directory was filled; nil if it was trimmed, or filled by an older
    /// server.
    public func preparation(of attempt: String) -> Preparation? {
        do throws(SystemError) {
            let file = try directory.directory(JobDirectory.claim(attempt)).foreignFile("prepared")
            return Preparation(parsing: try file.readAll(limit: 4096), at: try file.information().modificationTime)
        } catch {
            // Without the record, all files count as the job's own and are kept.
            return nil
        }
    }

    /// The working directories: those of interrupted attempts by name, then the current one.
    public func workPlaces() -> [WorkPlace] {
        let names = directory.namesIfAny()
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
            // At most one attempt has filled it: the other attempts ended earlier.
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
    /// The attempt that it belongs to; empty if not known.
    public let attempt: String
    /// The record of how it was filled, while it contains copies of the project's code.
    public let preparation: Preparation?

    /// Whether it is that of the last attempt.
    public var isCurrent: Bool { name == JobDirectory.work }
}
