internal import Glibc
public import LinuxSystem
public import SpoolModel

/// Claims of attempts, and fencing for jobs on other machines.
///
/// Locks are not reliable between machines, so directories are used: the shim that creates `claim.<attempt>/` runs the
/// job, and it can be created only once. In it, `pen/` is the lease, the right to write the job's status: a status is
/// written there and moved into place. The engine revokes an attempt by removing `pen/`: a late shim then gets ENOENT
/// or ESTALE, also through an open directory and on NFS, so the attempt writes no status afterwards. `beat` is the
/// claimant's heartbeat.
extension JobDirectory {
    /// The name of the directory that claims an attempt.
    static func claim(_ attempt: String) -> String { "claim.\(attempt)" }

    // MARK: Claiming

    /// Claims an attempt; false if it is already claimed.
    public func claim(_ attempt: String) throws(SystemError) -> Bool {
        try directory.makeDirectoryIfMissing(JobDirectory.claim(attempt))
    }

    /// Whether an attempt is claimed.
    public func isClaimed(_ attempt: String) throws(SpoolError) -> Bool {
        try doing("look for the claim of \(attempt)") { () throws(SystemError) in
            // Opened instead of looked up: NFS asks the server again when it opens a directory.
            let claim = try directory.directoryIfUsable(JobDirectory.claim(attempt))
            return claim != nil
        }
    }

    // MARK: The claimant

    /// Acquires the lease of an attempt that the caller has claimed, with space for the last status; false if the
    /// engine has revoked it.
    public func acquireLease(of attempt: String) throws(SystemError) -> Bool {
        let claim = try directory.directory(JobDirectory.claim(attempt))
        try claim.makeDirectory("pen")
        // Checked after creating `pen`: the engine removes `pen` after creating `lost`, so one of the two sees the
        // other.
        guard !claim.contains("lost") else { return false }
        try claim.directory("pen").writeDurably("spare", Spool.spare)
        return true
    }

    /// Writes a heartbeat. The number has to differ from the last one.
    public func heartbeat(_ number: Int, of attempt: String) throws(SystemError) {
        let file = try directory.file("\(JobDirectory.claim(attempt))/beat", O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(Array("\(number)\n".utf8))
        // The result of close(2) is checked: on NFS it shows whether the server has the data.
        try file.close()
    }

    /// Publishes a status under the lease of an attempt; false if the lease was revoked.
    public func publish(_ status: JobStatus, by attempt: String) throws(SystemError) -> Bool {
        try write(status, by: attempt) { pen throws(SystemError) in
            try pen.writeDurably("status", Array(status.line.utf8))
            return "status"
        }
    }

    /// Publishes the last status under the lease of an attempt, in the reserved space; false if the lease was revoked.
    public func finish(_ status: JobStatus, by attempt: String) throws(SystemError) -> Bool {
        try write(status, by: attempt) { pen throws(SystemError) in
            try pen.rewriteDurably("spare", Array(status.line.utf8), isMade: true)
            return "spare"
        }
    }

    private func write(
        _ status: JobStatus, by attempt: String, _ body: (borrowing Directory) throws(SystemError) -> String
    ) throws(SystemError) -> Bool {
        do throws(SystemError) {
            let pen = try directory.directory("\(JobDirectory.claim(attempt))/pen")
            let name = try body(pen)
            try directory.durably { directory throws(SystemError) in
                try pen.replace("status", in: directory, by: name)
            }
            return true
        } catch {
            guard error.isGone else { throw error }
            return false
        }
    }

    // MARK: The engine

    /// The last heartbeat of a claimant; nil if there is none.
    public func heartbeat(of attempt: String) throws(SpoolError) -> String? {
        try doing("read the heartbeat of \(attempt)") { () throws(SystemError) in
            try directory.contentIfUsable("\(JobDirectory.claim(attempt))/beat", limit: 64)
                .map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Revokes the lease of an attempt: from now on only the caller writes the job's status.
    public func revokeLease(of attempt: String) throws(SpoolError) {
        try doing("take the status over") { () throws(SystemError) in
            let claim = try directory.directory(JobDirectory.claim(attempt))
            try claim.makeDirectoryIfMissing("lost")
            // The shim may be writing into `pen` at this moment, so that it is not empty when it is to be removed.
            for _ in 0..<100 {
                do throws(SystemError) {
                    return try claim.removeTree("pen")
                } catch {
                    guard error.isTaken else { throw error }
                }
            }
            try claim.removeTree("pen")
        }
    }
}
