internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// All that is looked at of one job, in the order in which it has to be read: a status before what it promises.
struct JobFacts {
    /// The files of a job's directory, besides what people put there.
    static let files: Set<String> = [
        "metadata.json", "status", ".status.spare", "job.out", "job.err", "lock", "alive",
    ]

    /// The job's id, by its directory's name.
    let id: JobID
    /// Where it is.
    let path: String
    /// What was asked for.
    let metadata: Reading<JobMetadata>
    /// Where it is in its life.
    let status: Reading<JobStatus>
    /// What stands in its directory, of what is known there.
    let entries: [String: FileInformation]
    /// Leftovers of a file that was being written.
    let asides: [String]
    /// Whether it is marked as not finished.
    let isMarked: Bool
    /// Whether nobody holds the job's lock; false where that was not asked.
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
        for name in (try? directory.names()) ?? [] {
            let isDirectory = name == JobDirectory.work || JobDirectory.isKeptWork(name) || name.hasPrefix("claim.")
            if isDirectory || JobFacts.files.contains(name) { names.append(name) }
            if name == ".status.tmp" || name == ".metadata.json.tmp" || name == "..status.spare.tmp" {
                asides.append(name)
            }
        }
        var entries: [String: FileInformation] = [:]
        for name in names { entries[name] = try? directory.information(name) }
        self.entries = entries
        self.asides = asides
        isMarked = spool.active.contains(id.description)
        // A job on another machine holds no lock, and nothing here tells whether it lives.
        let isLocal = status.value?.state == .running && status.value?.remoteAttempt == nil
        isFree = testsLock && isLocal ? JobFacts.isLockFree(in: directory) : false
    }

    /// Whether nobody holds the job's lock. It is held for a moment, which an engine that opens the tree at the same
    /// moment takes for a living shim, and looks again a second later.
    private static func isLockFree(in directory: borrowing Directory) -> Bool {
        guard let lock = try? directory.foreignFile("lock") else { return true }
        return (try? lock.tryLock()) ?? false
    }
}
