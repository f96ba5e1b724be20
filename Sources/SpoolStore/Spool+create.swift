internal import Glibc
internal import LinuxSystem
public import SpoolModel

extension Spool {
    static let creating = O_WRONLY | O_CREAT | O_TRUNC
    static let locking = O_RDWR | O_CREAT

    /// Bytes set aside in each job's directory for its last status.
    static let spare = [UInt8](repeating: UInt8(ascii: "\n"), count: 512)

    /// Makes a job. When this returns, the job is on the disk and survives a loss of power.
    ///
    /// Throws `.taken` when there is a job with this id, `.full` when there is no room.
    public func create(_ job: Job) throws(SpoolError) {
        try checkRoom()
        let name = job.id.description
        do throws(SystemError) {
            try stage(job, as: name)
            try commit(name, day: job.id.day)
        } catch {
            try? tmp.removeTree(name)
            // The mark may name a job that another creator has made, or none: the engine sorts that out.
            if error.isTaken { throw SpoolError(.taken, "There is a job \(name) already", cause: error) }
            throw SpoolError(error, while: "make the job")
        }
        announce(name)
    }

    /// Tells the engine to look at a job. A hint: without it the job starts at the engine's next slow look.
    public func announce(_ name: String) {
        try? active.touch(name)
    }

    func stage(_ job: Job, as name: String) throws(SystemError) {
        do throws(SystemError) {
            try tmp.makeDirectory(name)
        } catch {
            guard error.isTaken else { throw error }
            try tmp.removeTree(name)
            try tmp.makeDirectory(name)
        }
        let directory = try tmp.directory(name)
        try directory.writeDurably("metadata.json", job.metadata.file)
        try directory.writeDurably("status", Array(job.status.line.utf8))
        try directory.writeDurably(".status.spare", Spool.spare)
        try directory.synchronize()
    }

    private func commit(_ name: String, day: String) throws(SystemError) {
        // The day first: the mark points into it.
        _ = try makeDay(day)
        try mark(name, day: day)
        try publishStaged(name, day: day)
        // An engine may have found a mark of no job, when it opened the tree in between or after a long pause of this
        // process, and dropped it.
        if !active.contains(name) { try mark(name, day: day) }
    }

    /// Moves a job from `tmp/` into its day, durably: from then on it exists.
    func publishStaged(_ name: String, day: String) throws(SystemError) {
        try tmp.durably { tmp throws(SystemError) in
            var dayDirectory = try makeDay(day)
            while true {
                do throws(SystemError) {
                    try tmp.move(name, to: dayDirectory, as: name)
                    return try dayDirectory.synchronize()
                } catch {
                    // The purge removes days that are empty, this one perhaps since it was opened.
                    guard error.isMissing, tmp.contains(name) else { throw error }
                    dayDirectory = try makeDay(day)
                }
            }
        }
    }

    func makeDay(_ day: String) throws(SystemError) -> Directory {
        if let directory = try? jobs.directory(day) { return directory }
        try jobs.durably { jobs throws(SystemError) in
            do throws(SystemError) {
                try jobs.makeDirectory(day)
            } catch {
                if !error.isTaken { throw error }
            }
        }
        return try jobs.directory(day)
    }

    /// Marks a job as not finished, durably, before anybody can see it.
    private func mark(_ name: String, day: String) throws(SystemError) {
        try active.durably { active throws(SystemError) in
            do throws(SystemError) {
                try active.makeLink(name, to: "../jobs/\(day)/\(name)")
            } catch {
                if !error.isTaken { throw error }
            }
        }
    }

    /// Takes a mark away that names no job; one whose job comes at this very moment is put back.
    public func removeMark(without id: JobID) throws(SpoolError) {
        try unmark(id)
        // Looked at after it went, as `create` looks for the mark after its job has come: one of the two sees the other.
        guard jobs.contains("\(id.day)/\(id)") else { return }
        try mark(id)
        announce(id.description)
    }

    /// Puts a job on the list of those that are not finished, durably.
    public func mark(_ id: JobID) throws(SpoolError) {
        try doing("mark \(id) as active") { () throws(SystemError) in try mark(id.description, day: id.day) }
    }

    /// Takes a finished job off the list of those that are not.
    public func unmark(_ id: JobID) throws(SpoolError) {
        do throws(SystemError) {
            try active.remove(id.description)
        } catch {
            if !error.isMissing { throw SpoolError(error, while: "take \(id) off the active jobs") }
        }
    }
}
