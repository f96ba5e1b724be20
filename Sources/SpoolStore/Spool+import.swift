internal import Glibc
public import LinuxSystem
internal import SpoolModel

extension Spool {
    /// The spool at a path, or nil where there is none yet: the directory is absent, or empty. Makes nothing.
    ///
    /// Throws `.notSpool` as ``open(_:requiringSpool:)`` does.
    public static func openIfPresent(_ path: String) throws(SpoolError) -> Spool? {
        let root: Directory
        do throws(SystemError) {
            root = try Directory(path: path)
        } catch {
            if error.isMissing { return nil }
            throw SpoolError(error, while: "open the spool")
        }
        guard root.contains("format") else {
            try checkEmpty(root, at: path, requiringSpool: false)
            return nil
        }
        return try open(path, requiringSpool: true).0
    }

    /// Makes a job that is finished, with its logs, at once and durably. It is never marked as active.
    ///
    /// The status gets the lengths of the logs. Throws `.taken` when there is a job with this id, `.full` when there
    /// is no room.
    ///
    /// - Parameters:
    ///   - hasLogs: Whether it has logs at all: a job that never ran has none.
    ///   - writeLogs: Writes into its `job.out` and `job.err`, which are empty.
    public func createFinished(
        _ job: Job, hasLogs: Bool,
        writeLogs: (_ out: borrowing Descriptor, _ err: borrowing Descriptor) throws(SystemError) -> Void
    ) throws(SpoolError) {
        precondition(job.status.state.isFinal)
        let name = job.id.description
        do throws(SystemError) {
            guard !jobs.contains("\(job.id.day)/\(name)") else {
                throw SystemError(code: EEXIST, operation: "make the job \(name)")
            }
            try stage(job, as: name)
            if hasLogs { try stageLogs(of: job, writeLogs) }
            try publishStaged(name, day: job.id.day)
        } catch {
            try? tmp.removeTree(name)
            if error.isTaken { throw SpoolError(.taken, "There is a job \(name) already", cause: error) }
            throw SpoolError(error, while: "make the job")
        }
    }

    private func stageLogs(
        of job: Job,
        _ writeLogs: (borrowing Descriptor, borrowing Descriptor) throws(SystemError) -> Void
    ) throws(SystemError) {
        let directory = try tmp.directory(job.id.description)
        let out = try directory.file("job.out", Spool.creating)
        let err = try directory.file("job.err", Spool.creating)
        try writeLogs(out, err)
        try out.synchronize()
        try err.synchronize()
        var status = job.status
        status[.outBytes] = Int(try out.information().size)
        status[.errBytes] = Int(try err.information().size)
        try directory.writeDurably("status", Array(status.line.utf8))
        try directory.synchronize()
    }

    /// Takes the file `imported` for the one import at a time that a spool allows; free when the descriptor is closed.
    ///
    /// Throws `.busy` when another import has it.
    public func takeImportLock() throws(SpoolError) -> Descriptor {
        let lock = try doing("open the list of what was imported") { () throws(SystemError) in
            try root.file("imported", Spool.locking)
        }
        guard try doing("lock the list of what was imported", { () throws(SystemError) in try lock.tryLock() }) else {
            throw SpoolError(.busy, "Another import into \(path) is under way: wait for its end")
        }
        return lock
    }

    /// What was imported into this spool so far, each as a line of the file `imported`; a line that a loss of power
    /// cut short is left out.
    public func importedNames() throws(SpoolError) -> Set<String> {
        do throws(SystemError) {
            let content = try root.content("imported", limit: 1 << 30)
            guard let end = content.lastIndex(of: 0x0a) else { return [] }
            return Set(content[..<end].split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) })
        } catch {
            if error.isMissing { return [] }
            throw SpoolError(error, while: "read what was imported before")
        }
    }

    /// Notes durably what was imported, so that it does not come back by a second import after it was removed.
    public func noteImported(_ names: [String]) throws(SpoolError) {
        try doing("note what was imported") { () throws(SystemError) in
            let file = try root.file("imported", O_RDWR | O_CREAT | O_APPEND)
            let size = try file.information().size
            // The rest of a line that was cut short must not become the beginning of this one.
            let last = size == 0 ? [0x0a] : try file.bytes(at: size - 1, limit: 1)
            let isCut = last != [0x0a]
            try file.write(Array(((isCut ? "\n" : "") + names.map { $0 + "\n" }.joined()).utf8))
            try file.synchronize()
            // The first line is of use only with the file's name.
            if size == 0 { try root.synchronize() }
        }
    }
}
