internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// A job with an open directory. After ``seize()`` the engine has its lock until this object is freed.
final class OpenJob {
    /// The job's id.
    let id: JobID
    /// Its directory.
    let directory: JobDirectory
    private(set) var lock: HeldLock?
    private var knownMetadata: JobMetadata?

    /// Opens the directory.
    init(_ id: JobID, in spool: Spool) throws(SpoolError) {
        directory = try spool.directory(of: id)
        self.id = id
    }

    /// The job's metadata, which never change. If the directory is a copy, they may be those of another job.
    func metadata() throws(SpoolError) -> JobMetadata {
        if let knownMetadata { return knownMetadata }
        let metadata = try directory.metadata()
        knownMetadata = metadata
        return metadata
    }

    /// Takes the job's lock; false while another process has it.
    func seize() throws(SpoolError) -> Bool {
        if lock != nil { return true }
        guard let descriptor = try directory.tryLock() else { return false }
        lock = HeldLock(descriptor)
        return true
    }

    /// A lock that is held until this object is freed.
    final class HeldLock {
        let descriptor: Descriptor

        init(_ descriptor: consuming Descriptor) {
            self.descriptor = descriptor
        }
    }
}
