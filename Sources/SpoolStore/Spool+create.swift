internal import Glibc
internal import LinuxSystem
public import SpoolModel
internal import Synchronization

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
            let draft = try draft(job, as: name)
            try commit(draft, name, day: job.id.day)
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

    /// Writes a job in `tmp/`, durably.
    func stage(_ job: Job, as name: String) throws(SystemError) {
        try draft(job, as: name).flush()
    }

    /// Writes a job in `tmp/`, where nothing of it is flushed yet.
    private func draft(_ job: Job, as name: String) throws(SystemError) -> Draft {
        do throws(SystemError) {
            try tmp.makeDirectory(name)
        } catch {
            guard error.isTaken else { throw error }
            try tmp.removeTree(name)
            try tmp.makeDirectory(name)
        }
        return try Draft(of: job, in: try tmp.directory(name))
    }

    private func commit(_ draft: borrowing Draft, _ name: String, day: String) throws(SystemError) {
        // The day first: the mark points into it.
        _ = try makeDay(day)
        // Marked as not finished, durably, before anybody can see it. Neither needs the other one on the disk, so they
        // get there together.
        let marks = try active.directory(".")
        try makeMark(name, day: day, in: marks)
        try draft.flush(with: marks)
        try publishStaged(name, day: day)
        // An engine may have found a mark of no job, when it opened the tree in between or after a long pause of this
        // process, and dropped it.
        if !active.contains(name) { try mark(name, day: day) }
    }

    /// Moves a job from `tmp/` into its day, durably: from then on it exists.
    func publishStaged(_ name: String, day: String) throws(SystemError) {
        // Through open files of their own, as in `durably`.
        let staging = try tmp.directory(".")
        var dayDirectory = try makeDay(day)
        while true {
            do throws(SystemError) {
                try staging.move(name, to: dayDirectory, as: name)
                break
            } catch {
                // The purge removes days that are empty, this one perhaps since it was opened.
                guard error.isMissing, staging.contains(name) else { throw error }
                dayDirectory = try makeDay(day)
            }
        }
        try Flush.together([dayDirectory.descriptor.number, staging.descriptor.number])
    }

    /// Opens the directory of a day, which is made where it is missing, and is on the disk.
    func makeDay(_ day: String) throws(SystemError) -> Directory {
        // Opened before it is asked for: one that was made after it had been removed is not known again until it is
        // flushed.
        if let directory = try? jobs.directory(day), durableDays.withLock({ $0.contains(day) }) { return directory }
        durableDays.withLock { _ = $0.remove(day) }
        let directory = try jobs.durableSubdirectory(day)
        durableDays.withLock { days in
            if days.count >= 64 { days.removeAll() }
            days.insert(day)
        }
        return directory
    }

    private func mark(_ name: String, day: String) throws(SystemError) {
        try active.durably { active throws(SystemError) in try makeMark(name, day: day, in: active) }
    }

    private func makeMark(_ name: String, day: String, in active: borrowing Directory) throws(SystemError) {
        do throws(SystemError) {
            try active.makeLink(name, to: "../jobs/\(day)/\(name)")
        } catch {
            if !error.isTaken { throw error }
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

    /// Takes a finished job off the list of those that are not. An empty directory that was made in place of its mark goes
    /// as well.
    public func unmark(_ id: JobID) throws(SpoolError) {
        do throws(SystemError) {
            if try active.information(id.description).kind == .directory {
                try active.removeDirectory(id.description)
            } else {
                try active.remove(id.description)
            }
        } catch {
            if !error.isMissing { throw SpoolError(error, while: "take \(id) off the active jobs") }
        }
    }
}

/// A job that was written in `tmp/`, with its files open until they are flushed.
private struct Draft: ~Copyable {
    private let directory: Directory
    private let metadata: Descriptor
    private let status: Descriptor
    private let spare: Descriptor

    init(of job: Job, in directory: consuming Directory) throws(SystemError) {
        let metadata = try Draft.write("metadata.json", job.metadata.file, in: directory)
        let status = try Draft.write("status", Array(job.status.line.utf8), in: directory)
        let spare = try Draft.write(".status.spare", Spool.spare, in: directory)
        self.metadata = metadata
        self.status = status
        self.spare = spare
        self.directory = directory
    }

    private static func write(
        _ name: String, _ content: [UInt8], in directory: borrowing Directory
    ) throws(SystemError) -> Descriptor {
        let file = try directory.file(name, Spool.creating)
        try file.write(content)
        file.startWriting()
        return file
    }

    private var numbers: [Int32] {
        [metadata.number, status.number, spare.number, directory.descriptor.number]
    }

    /// Puts it on the disk.
    func flush() throws(SystemError) {
        try Flush.together(numbers)
    }

    /// Puts it on the disk together with the names in another directory.
    func flush(with names: borrowing Directory) throws(SystemError) {
        try Flush.together(numbers + [names.descriptor.number])
    }
}
