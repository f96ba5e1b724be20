internal import Glibc
public import LinuxSystem
public import SpoolModel

/// A job's open directory, and the rules of who writes what in it.
public struct JobDirectory: ~Copyable, Sendable {
    /// The directory.
    public let directory: Directory

    /// Takes over the directory of a job.
    public init(_ directory: consuming Directory) {
        self.directory = directory
    }

    /// Whether the directory was removed while it was open: it has no name any more. Its mode and its owner hide that from
    /// whoever looks for a file in it (EACCES), and not from fstat(2).
    public var isRemoved: Bool {
        guard let links = try? directory.descriptor.information().links else { return false }
        return links == 0
    }

    /// Whether the filesystem says that the directory is not there, as NFS and FUSE do of one that was removed (ESTALE,
    /// ENOENT), and of one that is away for a moment.
    public var isMissing: Bool {
        do throws(SystemError) {
            _ = try directory.descriptor.information()
            return false
        } catch {
            return error.isGone
        }
    }

    /// The content of a file, which is missing as well when the job was removed while its directory was open (ESTALE, on
    /// NFS and FUSE).
    private func read(_ name: String, limit: Int) throws(SystemError) -> [UInt8] {
        do throws(SystemError) {
            return try directory.content(name, limit: limit)
        } catch {
            throw error.isGone ? SystemError(code: ENOENT, operation: error.operation) : error
        }
    }

    /// What was asked for. Throws `.unreadable` for a file that does not say it.
    public func metadata() throws(SpoolError) -> JobMetadata {
        let content = try doing("read the job's metadata.json") { () throws(SystemError) in
            try read("metadata.json", limit: 4 << 20)
        }
        guard let metadata = JobMetadata(parsing: content) else {
            throw SpoolError(.unreadable, "The job's metadata.json is damaged: `scrapy-spool check` says how")
        }
        return metadata
    }

    /// Where the job is in its life. Throws `.unreadable` for a file that does not say it.
    public func status() throws(SpoolError) -> JobStatus {
        let content = try doing("read the job's status") { () throws(SystemError) in
            try read("status", limit: 64 << 10)
        }
        guard let text = String(validating: content, as: UTF8.self), let status = JobStatus(parsing: text) else {
            throw SpoolError(.unreadable, "The job's status is damaged: `scrapy-spool check` says how, and mends it")
        }
        return status
    }

    /// Takes the job's lock, without which nobody writes its status; nil while somebody else has it.
    public func tryLock() throws(SpoolError) -> Descriptor? {
        let lock = try doing("open the job's lock") { () throws(SystemError) in
            try directory.file("lock", Spool.locking)
        }
        guard try doing("take the job's lock", { () throws(SystemError) in try lock.tryLock() }) else { return nil }
        return consume lock
    }

    /// Whether a process that the job's shim started may live on without its shim: somebody holds `alive`.
    public func hasSurvivors() throws(SpoolError) -> Bool {
        do throws(SystemError) {
            return try !directory.file("alive", Spool.locking).tryLock()
        } catch {
            throw SpoolError(error, while: "test the job's second lock")
        }
    }

    /// Whether a process works in this directory, as the job's shim does, or may: of other users' that cannot be seen.
    public func isPlace(ofProcess pid: Int32) -> Bool {
        guard let own = try? directory.descriptor.information(),
            let place = try? Directory(path: "/proc/\(pid)/cwd").descriptor.information()
        else { return true }
        return place.inode == own.inode && place.device == own.device
    }

    /// Publishes a status, for a job that goes on.
    ///
    /// - Parameter tries: at most so many.
    public func publish(_ status: JobStatus, tries: Int = 3) throws(SpoolError) {
        try doing("write the job's status") { () throws(SystemError) in
            try directory.publish("status", Array(status.line.utf8), tries: tries)
        }
    }

    /// Sets room aside again for the last status. The caller has the job's lock.
    public func reserveSpare() throws(SpoolError) {
        try doing("set room aside for the job's last status") { () throws(SystemError) in
            try directory.publish(".status.spare", Spool.spare)
        }
    }

    /// Publishes the last status, into the room that was set aside when the job was made.
    public func finish(_ status: JobStatus) throws(SpoolError) {
        try doing("write the job's status") { () throws(SystemError) in
            try directory.publish("status", Array(status.line.utf8), into: ".status.spare")
        }
    }

    /// Gives what cannot be replaced by a status another name: a directory that has its name, or one of those under which it
    /// is written.
    ///
    /// - Returns: the new names.
    public func makeWayForStatus() -> [String] {
        ["status", ".status.tmp", ".status.spare"].compactMap { name in
            guard (try? directory.information(name))?.kind == .directory else { return nil }
            for number in 1...100 {
                let newName = "\(name).aside" + (number > 1 ? ".\(number)" : "")
                do throws(SystemError) {
                    try directory.move(name, to: directory, as: newName)
                    return newName
                } catch {
                    guard error.isTaken else { return nil }
                }
            }
            return nil
        }
    }

    /// Sees to it that the status that stands here is on the disk, whoever wrote it.
    public func flush() throws(SpoolError) {
        try doing("flush the job's status") { () throws(SystemError) in try directory.directory(".").synchronize() }
    }
}
