internal import LinuxSystem
package import SpoolModel
package import SpoolStore

/// A job with an open directory. After ``seize()`` the engine has its lock until this object is freed.
package final class OpenJob {
    /// The job's id.
    package let id: JobID
    /// Its directory.
    let directory: JobDirectory
    private(set) var lock: HeldLock?
    private var knownMetadata: JobMetadata?

    /// Opens the directory.
    init(_ id: JobID, in spool: Spool) throws(SpoolError) {
        directory = try spool.directory(of: id)
        self.id = id
    }

    /// Takes a directory that is open.
    init(_ id: JobID, in directory: consuming JobDirectory) {
        self.directory = directory
        self.id = id
    }

    /// Opens the directory; nil if there is none.
    ///
    /// A mark is made before its job, so a job may be published at any moment. One that is published between the failed
    /// open and the look for it is opened again, rather than reported as missing.
    package static func ifPresent(_ id: JobID, in spool: Spool) throws(SpoolError) -> OpenJob? {
        do throws(SpoolError) {
            return try OpenJob(id, in: spool)
        } catch {
            guard error.code == .missing else { throw error }
            guard spool.contains(id) else { return nil }
            return try OpenJob(id, in: spool)
        }
    }

    /// The job's metadata: only those of a schedule change, under its lock. If the directory is a copy, they may be those of
    /// another job.
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
        // Metadata that was read without the lock may be from before a change.
        knownMetadata = nil
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
