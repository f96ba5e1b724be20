internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// The facts about a job that a check uses. The status is read before the files whose sizes it promises.
struct JobFacts {
    /// The names of the regular files that are checked in a job's directory.
    static let files: Set<String> = [
        "metadata.json", "status", ".status.spare", "job.out", "job.err", "lock", "alive",
    ]

    /// The job's id, by its directory's name.
    let id: JobID
    /// The path of its directory below the spool's root.
    let path: String
    /// The job's request.
    let metadata: Reading<JobMetadata>
    /// The job's state.
    let status: Reading<JobStatus>
    /// The attributes of the entries that are checked in its directory.
    let entries: [String: FileInformation]
    /// Temporary files of interrupted writes.
    let asides: [String]
    /// Whether it has a mark in `active/`.
    let isMarked: Bool
    /// Whether no process holds the job's lock; false if that was not tested.
    let isFree: Bool

    /// Reads a job.
    init(_ id: JobID, path: String, in directory: borrowing Directory, of spool: Spool, testsLock: Bool) {
        self.id = id
        self.path = path
        status = Reading(
            "status", in: directory, limit: 64 << 10,
            { String(validating: $0, as: UTF8.self).flatMap { JobStatus(parsing: $0) } }, diagnose: Damage.ofStatus)
        metadata = Reading(
            "metadata.json", in: directory, limit: 4 << 20, { JobMetadata(parsing: $0) }, diagnose: Damage.ofMetadata)
        var names: [String] = []
        var asides: [String] = []
        // Fails if the job was deleted meanwhile, which the caller detects.
        for name in directory.namesIfAny() {
            let isDirectory = name == JobDirectory.work || JobDirectory.isKeptWork(name) || name.hasPrefix("claim.")
            if isDirectory || JobFacts.files.contains(name) { names.append(name) }
            if name == ".status.tmp" || name == ".metadata.json.tmp" || name == "..status.spare.tmp" {
                asides.append(name)
            }
        }
        var entries: [String: FileInformation] = [:]
        // Nil if the entry was removed after the listing.
        for name in names { entries[name] = directory.informationIfAny(name) }
        self.entries = entries
        self.asides = asides
        isMarked = spool.active.contains(id.description)
        // A job on another machine holds no lock here, so whether it is alive cannot be tested.
        let isLocal = status.value?.state == .running && status.value?.remoteAttempt == nil
        isFree = testsLock && isLocal ? JobFacts.isLockFree(in: directory) : false
    }

    /// Whether no process holds the job's lock. The test takes the lock for a moment. An engine that opens the tree in
    /// that moment sees a living shim, and checks again a second later.
    private static func isLockFree(in directory: borrowing Directory) -> Bool {
        do throws(SystemError) {
            return try directory.foreignFile("lock").tryLock()
        } catch {
            // A missing file cannot be locked. Any other error counts as held, so that the job is not reported as
            // interrupted.
            return error.isMissing
        }
    }
}
