internal import LinuxSystem
public import SpoolModel

/// Jobs that are kept whatever the rules say: their directories have a file `pinned`, which anybody may `touch`.
extension Spool {
    static let pin = "pinned"

    /// Whether a job is pinned.
    public func isPinned(_ id: JobID) -> Bool { jobs.contains("\(id.day)/\(id)/\(Spool.pin)") }

    /// Keeps a job from being purged, durably. Throws `.missing` where there is none, also where it is being purged.
    public func pin(_ id: JobID) throws(SpoolError) {
        let job = try directory(of: id)
        try doing("pin the job \(id)") { () throws(SystemError) in
            guard !job.directory.contains(Spool.pin) else { return }
            try job.directory.durably { directory throws(SystemError) in try directory.writeDurably(Spool.pin, []) }
        }
        // A purge looks for the file after it has moved the directory, so one of the two sees the other.
        guard try hasDirectory(job, of: id) else { throw SpoolError(.missing, "There is no job \(id)") }
    }

    /// Lets a job go as any other.
    public func unpin(_ id: JobID) throws(SpoolError) {
        let job = try directory(of: id)
        do throws(SystemError) {
            try job.directory.durably { directory throws(SystemError) in try directory.remove(Spool.pin) }
        } catch {
            if !error.isMissing { throw SpoolError(error, while: "unpin the job \(id)") }
        }
    }
}
