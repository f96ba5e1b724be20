internal import Glibc
public import LinuxSystem
public import SpoolModel

/// How a start is claimed, and who may write the status of a job that runs on another machine.
///
/// A lock says little between machines, so names do: `claim.<attempt>/` is made by whoever runs the job, and by nobody a
/// second time. In it, `pen/` is the right to write the job's status: a status is written there and moved to its place.
/// Who takes the pen away, as the engine does when it gives an attempt up, can be sure that nothing is written by that
/// attempt afterwards, however late its process wakes up: what is removed stays removed, also for an open directory, also
/// on NFS. `beat` says that the claimant lives.
extension JobDirectory {
    /// The name of the directory by which a start is claimed.
    static func claim(_ attempt: String) -> String { "claim.\(attempt)" }

    // MARK: Claiming

    /// Claims a start; false when somebody has claimed it before.
    public func claim(_ attempt: String) throws(SystemError) -> Bool {
        try directory.makeDirectoryIfMissing(JobDirectory.claim(attempt))
    }

    /// Whether somebody has claimed a start.
    public func isClaimed(_ attempt: String) -> Bool {
        // Opened, not only looked up: NFS asks the server again for what is opened.
        (try? directory.directory(JobDirectory.claim(attempt))) != nil
    }

    // MARK: The claimant

    /// Takes the pen of a start that the caller has claimed, with room for the last status; false when the engine has given
    /// the start up already.
    public func takePen(of attempt: String) throws(SystemError) -> Bool {
        let claim = try directory.directory(JobDirectory.claim(attempt))
        try claim.makeDirectory("pen")
        // Looked for after the pen was made, as the engine takes the pen away after it has made this.
        guard !claim.contains("lost") else { return false }
        try claim.directory("pen").writeDurably("spare", Spool.spare)
        return true
    }

    /// Writes a sign of life that differs from the one before.
    public func beat(_ number: Int, of attempt: String) throws(SystemError) {
        let file = try directory.file("\(JobDirectory.claim(attempt))/beat", O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(Array("\(number)\n".utf8))
        // Closed with a look at the result: there NFS says whether the server has it.
        try file.close()
    }

    /// Publishes a status by the pen of a start; false when the pen was taken away.
    public func publish(_ status: JobStatus, by attempt: String) throws(SystemError) -> Bool {
        try write(status, by: attempt) { pen throws(SystemError) in
            try pen.writeDurably("status", Array(status.line.utf8))
            return "status"
        }
    }

    /// Publishes the last status by the pen of a start, into the room that was set aside; false when the pen was taken away.
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

    /// The last sign of life of a claimant; nil when there is none.
    public func beat(of attempt: String) -> String? {
        (try? directory.content("\(JobDirectory.claim(attempt))/beat", limit: 64)).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// Takes the pen away from whoever has claimed a start: its status is the caller's to write from now on.
    public func takePenAway(of attempt: String) throws(SpoolError) {
        try doing("take the status over") { () throws(SystemError) in
            let claim = try directory.directory(JobDirectory.claim(attempt))
            try claim.makeDirectoryIfMissing("lost")
            // Somebody may write into it at this moment, so that it is not empty when it should go.
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
