internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// A job whose directory is open, and whose lock is the engine's once it was seized, for as long as this lives.
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

    /// What was asked for, which is written once; perhaps of another job, if the directory is a copy.
    func metadata() throws(SpoolError) -> JobMetadata {
        if let knownMetadata { return knownMetadata }
        let metadata = try directory.metadata()
        knownMetadata = metadata
        return metadata
    }

    /// Takes the job's lock; false while somebody else has it.
    func seize() throws(SpoolError) -> Bool {
        if lock != nil { return true }
        guard let descriptor = try directory.tryLock() else { return false }
        lock = HeldLock(descriptor)
        return true
    }

    /// A lock that is held while this lives.
    final class HeldLock {
        let descriptor: Descriptor

        init(_ descriptor: consuming Descriptor) {
            self.descriptor = descriptor
        }
    }
}
