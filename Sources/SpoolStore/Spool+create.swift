internal import Glibc
public import LinuxSystem
public import SpoolModel
internal import Synchronization

extension Spool {
    static let creating = O_WRONLY | O_CREAT | O_TRUNC
    static let locking = O_RDWR | O_CREAT

    /// The reserved space in each job's directory for its last status.
    static let spare = [UInt8](repeating: UInt8(ascii: "\n"), count: 1024)

    /// Creates a job. When this returns, the job is durable and survives a power loss.
    ///
    /// Throws `.taken` if a job with this id exists, `.full` without space, `.unwritable` on a read-only filesystem.
    public func create(_ job: Job) throws(SpoolError) {
        try checkRoom()
        let name = job.id.description
        do throws(SystemError) {
            let draft = try draft(job, as: name)
            try commit(draft, name, day: job.id.day)
        } catch {
            tmp.removeLeftoverTree(name)
            // The mark may be that of a job of another creator, or have no job: the engine handles both.
            if error.isTaken { throw SpoolError(.taken, "There is a job \(name) already", cause: error) }
            throw SpoolError(error, while: "make the job")
        }
    }

    /// Makes the engine read a job. This is only a hint: without it the job starts at the engine's next periodic check.
    public func announce(_ name: String) {
        active.touchAsHint(name)
    }

    /// Writes a job in `tmp/` durably.
    func stage(_ job: Job, as name: String) throws(SystemError) {
        try draft(job, as: name).flush()
    }

    /// Writes a job in `tmp/` without flushing it.
    private func draft(_ job: Job, as name: String) throws(SystemError) -> JobDraft {
        do throws(SystemError) {
            try tmp.makeDirectory(name)
        } catch {
            guard error.isTaken else { throw error }
            try tmp.removeTree(name)
            try tmp.makeDirectory(name)
        }
        return try JobDraft(of: job, in: try tmp.directory(name))
    }

    private func commit(_ draft: borrowing JobDraft, _ name: String, day: String) throws(SystemError) {
        // The day comes first, because the mark points into it.
        _ = try makeDay(day)
        if keepsOrder {
            // The job is written and marked before it becomes visible. So its name is the last that the disk gets, and one
            // flush is enough.
            try makeMark(name, day: day, in: active)
            try draft.writeContent()
            try publishStaged(name, day: day, with: draft.contents) { announce(name) }
        } else {
            // The job is marked as active, durably, before it becomes visible. Mark and job do not depend on each other, so
            // they are flushed together. Other creators may flush the mark as well.
            let marks = try sharedFlushOfMarks()
            try makeMark(name, day: day, in: active)
            try draft.flush(by: marks)
            // The engine gets the start ready while the disk takes the name, and waits for that itself: see `flush(_:of:)`.
            try publishStaged(name, day: day) { announce(name) }
        }
        // An engine may have removed a mark without a job, when it opened the tree in between or after a long pause of
        // this process.
        if !active.contains(name), isUnfinished(name, day: day) {
            try mark(name, day: day)
            announce(name)
        }
    }

    /// Whether a job that has no mark needs one. The engine removes that of a finished job, whose last status is there by
    /// then.
    private func isUnfinished(_ name: String, day: String) -> Bool {
        guard let directory = jobs.directoryIfAny("\(day)/\(name)") else { return false }
        // A job that cannot be read gets its mark, by which the engine finds it and reports the error.
        return (try? JobDirectory(directory).status())?.state.isFinal != true
    }

    /// Moves a job from `tmp/` into its day, durably: from then on it exists. The flush is shared with others that do the
    /// same.
    ///
    /// - Parameters:
    ///   - own: descriptors that are flushed as well.
    ///   - onMove: called when the job has its name, before that is durable.
    func publishStaged(
        _ name: String, day: String, with own: [Int32] = [], onMove: () -> Void = {}
    ) throws(SystemError) {
        var directory = try makeDay(day)
        var flush = try sharedFlush(of: directory, day)
        // Before the move, so that a thread that finds the job finds this as well.
        unflushed.withLock { $0[name] = flush }
        defer { unflushed.withLock { _ = $0.removeValue(forKey: name) } }
        while true {
            do throws(SystemError) {
                try tmp.move(name, to: directory, as: name)
                break
            } catch {
                // The purge removes empty days, perhaps this one since it was opened.
                guard error.isMissing, tmp.contains(name) else { throw error }
                directory = try makeDay(day)
                flush = try sharedFlush(of: directory, day)
                unflushed.withLock { [flush] in $0[name] = flush }
            }
        }
        onMove()
        try flush.flush(with: own)
    }

    /// Flushes the directory of a job, and the job's name if its creator in this process has not done that yet. Where the
    /// filesystem keeps the order, the job's files come with its name.
    public func flush(_ directory: borrowing Directory, of id: JobID) throws(SystemError) {
        guard let names = unflushed.withLock({ $0[id.description] }) else { return try directory.synchronize() }
        try names.flush(with: [directory.descriptor.number])
    }

    /// The shared flush of `active/`, to be taken before a mark is made.
    private func sharedFlushOfMarks() throws(SystemError) -> SharedFlush {
        if let known = flushOfMarks.withLock({ $0 }), !known.hasFailed { return known }
        let made = SharedFlush(of: [OpenFile(try active.directory("."))])
        flushOfMarks.withLock { $0 = made }
        return made
    }

    /// The shared flush of a day's directory, to be taken before a job is moved there, and of `tmp/`, unless the order of
    /// changes is kept.
    private func sharedFlush(of directory: borrowing Directory, _ day: String) throws(SystemError) -> SharedFlush {
        let place = try directory.descriptor.information()
        if let known = flushesOfDays.withLock({ $0[day] }), !known.hasFailed, known.isFirst(place) { return known }
        var directories = [OpenFile(try directory.directory("."))]
        if !keepsOrder { directories.append(OpenFile(try tmp.directory("."))) }
        let made = SharedFlush(of: directories)
        flushesOfDays.withLock { flushes in
            // Jobs of two days are made around midnight, and of many by an import.
            if flushes.count >= 2 { flushes.removeAll() }
            flushes[day] = made
        }
        return made
    }

    /// Opens the directory of a day; creates it if it is missing, and flushes its name.
    func makeDay(_ day: String) throws(SystemError) -> Directory {
        // Opened before the check: a directory that was removed and created again is not in the set until it is
        // flushed.
        if let directory = try jobs.directoryIfUsable(day), durableDays.withLock({ $0.contains(day) }) {
            return directory
        }
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

    /// Removes a mark without a job. If the job appears at this moment, the mark is restored.
    public func removeMark(without id: JobID) throws(SpoolError) {
        try unmark(id)
        // Checked after the removal, as `create` checks the mark after publishing the job: one of the two sees the
        // other.
        guard jobs.contains("\(id.day)/\(id)") else { return }
        try mark(id)
        announce(id.description)
    }

    /// Marks a job as active, durably.
    public func mark(_ id: JobID) throws(SpoolError) {
        try doing("mark \(id) as active") { () throws(SystemError) in try mark(id.description, day: id.day) }
    }

    /// Removes the mark of a finished job. An empty directory in place of the mark is removed as well.
    ///
    /// - Returns: whether there was a mark.
    @discardableResult
    public func unmark(_ id: JobID) throws(SpoolError) -> Bool {
        do throws(SystemError) {
            if try active.information(id.description).kind == .directory {
                try active.removeDirectory(id.description)
            } else {
                try active.remove(id.description)
            }
            return true
        } catch {
            if !error.isMissing { throw SpoolError(error, while: "take \(id) off the active jobs") }
            return false
        }
    }
}

/// A job written in `tmp/`, with its files open until they are flushed.
private struct JobDraft: ~Copyable {
    private let directory: Directory
    private let metadata: Descriptor
    private let status: Descriptor
    private let spare: Descriptor

    init(of job: Job, in directory: consuming Directory) throws(SystemError) {
        let metadata = try JobDraft.write("metadata.json", job.metadata.file, in: directory)
        let status = try JobDraft.write("status", Array(job.status.line.utf8), in: directory)
        let spare = try JobDraft.write(".status.spare", Spool.spare, in: directory)
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

    /// The files that a job cannot do without.
    var contents: [Int32] { [metadata.number, status.number] }

    private var numbers: [Int32] {
        [metadata.number, status.number, spare.number, directory.descriptor.number]
    }

    /// Writes the content of the files to the disk, without a flush.
    func writeContent() throws(SystemError) {
        try metadata.writeContent()
        try status.writeContent()
        try spare.writeContent()
    }

    /// Flushes the job.
    func flush() throws(SystemError) {
        try Flush.together(numbers)
    }

    /// Flushes the job together with names that others change as well.
    func flush(by names: SharedFlush) throws(SystemError) {
        // So that the first flush that begins a commit of a journal covers the rest.
        try writeContent()
        try names.flush(with: numbers)
    }
}
