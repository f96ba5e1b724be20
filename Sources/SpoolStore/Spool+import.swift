internal import Glibc
public import LinuxSystem
internal import SpoolModel

extension Spool {
    /// Whether there is a spool at a path, of this layout or another.
    public static func isPresent(_ path: String) -> Bool {
        // What cannot be opened is reported by whoever opens it.
        (try? Directory(path: path))?.contains("format") == true
    }

    /// The spool at a path; nil if there is none yet: the directory is absent or empty. Creates nothing.
    ///
    /// Throws `.notSpool` as ``open(_:requiringSpool:keepsOrder:)`` does.
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

    /// Creates a finished job with its logs, atomically and durably. It is never marked as active.
    ///
    /// The lengths of the logs are added to the status. Throws `.taken` if a job with this id exists, `.full` without
    /// space.
    ///
    /// - Parameters:
    ///   - hasLogs: whether it has logs: a job that never ran has none.
    ///   - writeLogs: writes its `job.out` and `job.err`, which are empty.
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
            tmp.removeLeftoverTree(name)
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

    /// Locks the file `imported`: a spool allows one import at a time. Closing the descriptor releases the lock.
    ///
    /// Throws `.busy` if another import holds it.
    public func takeImportLock() throws(SpoolError) -> Descriptor {
        let lock = try doing("open the list of imported items") { () throws(SystemError) in
            try root.file("imported", Spool.locking)
        }
        guard try doing("lock the list of imported items", { () throws(SystemError) in try lock.tryLock() }) else {
            throw SpoolError(.busy, "Another import into \(path) is under way: wait for its end")
        }
        return lock
    }

    /// The names imported into this spool so far, from the lines of the file `imported`. A line cut short by a power
    /// loss is left out.
    public func importedNames() throws(SpoolError) -> Set<String> {
        do throws(SystemError) {
            let content = try root.content("imported", limit: 1 << 30)
            guard let end = content.lastIndex(of: 0x0a) else { return [] }
            return Set(content[..<end].split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) })
        } catch {
            if error.isMissing { return [] }
            throw SpoolError(error, while: "read the list of imported items")
        }
    }

    /// Records imported names durably, so that a second import does not bring them back after they were removed.
    public func noteImported(_ names: [String]) throws(SpoolError) {
        try doing("add to the list of imported items") { () throws(SystemError) in
            let file = try root.file("imported", O_RDWR | O_CREAT | O_APPEND)
            let size = try file.information().size
            // A line that was cut short must not run into this one.
            let last = size == 0 ? [0x0a] : try file.bytes(at: size - 1, limit: 1)
            let isCut = last != [0x0a]
            try file.write(Array(((isCut ? "\n" : "") + names.map { $0 + "\n" }.joined()).utf8))
            try file.synchronize()
            // The first line is durable only with the file's name.
            if size == 0 { try root.synchronize() }
        }
    }
}
