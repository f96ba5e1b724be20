internal import LinuxSystem
public import SpoolModel

/// Pinned jobs, which no rule deletes: their directories have a file `pinned`, which users may create with touch(1).
extension Spool {
    static let pin = "pinned"

    /// Whether a job is pinned.
    public func isPinned(_ id: JobID) -> Bool { jobs.contains("\(id.day)/\(id)/\(Spool.pin)") }

    /// Keeps a job from being purged, durably. Throws `.missing` if the job is gone or being purged.
    public func pin(_ id: JobID) throws(SpoolError) {
        let job = try directory(of: id)
        try doing("pin the job \(id)") { () throws(SystemError) in
            guard !job.directory.contains(Spool.pin) else { return }
            try job.directory.durably { directory throws(SystemError) in try directory.writeDurably(Spool.pin, []) }
        }
        // A purge checks for the file after it has moved the directory, so one of the two sees the other.
        guard try hasDirectory(job, of: id) else { throw SpoolError(.missing, "There is no job \(id)") }
    }

    /// Unpins a job, so that the rules apply to it again.
    public func unpin(_ id: JobID) throws(SpoolError) {
        let job = try directory(of: id)
        do throws(SystemError) {
            try job.directory.durably { directory throws(SystemError) in try directory.remove(Spool.pin) }
        } catch {
            if !error.isMissing { throw SpoolError(error, while: "unpin the job \(id)") }
        }
    }
}
