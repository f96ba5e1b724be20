internal import Glibc
public import LinuxSystem
public import SpoolModel

/// A job's open directory, and the rules for writing to it.
public struct JobDirectory: ~Copyable, Sendable {
    /// The directory.
    public let directory: Directory

    /// Takes ownership of the directory of a job.
    public init(_ directory: consuming Directory) {
        self.directory = directory
    }

    /// Whether the directory was removed while it was open, so that it has no links. Looking up a file in it may fail
    /// with EACCES instead, because of its mode or owner; fstat(2) does not.
    public var isRemoved: Bool {
        directory.descriptor.informationIfAny?.links == 0
    }

    /// Whether the filesystem reports that the directory does not exist: NFS and FUSE do for a removed one (ESTALE,
    /// ENOENT), and for one that is unavailable for a moment.
    public var isMissing: Bool {
        do throws(SystemError) {
            _ = try directory.descriptor.information()
            return false
        } catch {
            return error.isGone
        }
    }

    /// The content of a file. If the job was removed while its directory was open (ESTALE on NFS and FUSE), the error
    /// is ENOENT.
    private func read(_ name: String, limit: Int) throws(SystemError) -> [UInt8] {
        do throws(SystemError) {
            return try directory.content(name, limit: limit)
        } catch {
            throw error.isGone ? SystemError(code: ENOENT, operation: error.operation) : error
        }
    }

    /// The job's parameters. Throws `.unreadable` for a damaged file.
    public func metadata() throws(SpoolError) -> JobMetadata {
        let content = try doing("read the job's metadata.json") { () throws(SystemError) in
            try read("metadata.json", limit: 4 << 20)
        }
        guard let metadata = JobMetadata(parsing: content) else {
            throw SpoolError(.unreadable, "The job's metadata.json is damaged: `scrapy-spool check` shows how")
        }
        return metadata
    }

    /// The job's status. Throws `.unreadable` for a damaged file.
    public func status() throws(SpoolError) -> JobStatus {
        let content = try doing("read the job's status") { () throws(SystemError) in
            try read("status", limit: 64 << 10)
        }
        guard let text = String(validating: content, as: UTF8.self), let status = JobStatus(parsing: text) else {
            throw SpoolError(.unreadable, "The job's status is damaged: `scrapy-spool check` shows how, and mends it")
        }
        return status
    }

    /// Takes the job's lock, which protects its status on the engine's machine; nil if another process holds it.
    public func tryLock() throws(SpoolError) -> Descriptor? {
        let lock = try doing("open the job's lock") { () throws(SystemError) in
            try directory.file("lock", Spool.locking)
        }
        guard try doing("take the job's lock", { () throws(SystemError) in try lock.tryLock() }) else { return nil }
        return consume lock
    }

    /// Whether a process that the job's shim started may be alive without its shim: the lock on `alive` is held.
    public func hasSurvivors() throws(SpoolError) -> Bool {
        do throws(SystemError) {
            return try !directory.file("alive", Spool.locking).tryLock()
        } catch {
            throw SpoolError(error, while: "test the job's second lock")
        }
    }

    /// Whether a process works in this directory, as the job's shim does. True as well if that cannot be determined, as
    /// for processes of other users.
    public func isPlace(ofProcess pid: Int32) -> Bool {
        guard let own = directory.descriptor.informationIfAny,
            // The process has ended, or is not visible.
            let place = try? Directory(path: "/proc/\(pid)/cwd").descriptor.information()
        else { return true }
        return place.inode == own.inode && place.device == own.device
    }

    /// Publishes a status of a job that continues.
    ///
    /// - Parameter tries: the most attempts.
    public func publish(_ status: JobStatus, tries: Int = 3) throws(SpoolError) {
        try doing("write the job's status") { () throws(SystemError) in
            try directory.publish("status", Array(status.line.utf8), tries: tries)
        }
    }

    /// Publishes a status of a job that continues, but for the flush of its name.
    ///
    /// - Parameter keepsOrder: whether the filesystem keeps the order (``FilesystemOrder``).
    /// - Returns: the directory, to be flushed; nil if that is done.
    public func show(_ status: JobStatus, keepsOrder: Bool) throws(SpoolError) -> Directory? {
        let line = Array(status.line.utf8)
        do throws(SystemError) {
            return keepsOrder
                ? try directory.replace("status", line, into: ".status.spare", leaving: Spool.spare)
                : try directory.replace("status", line)
        } catch {
            // A flush that has failed is tried again with other open files, as ever.
            try publish(status)
            return nil
        }
    }

    /// Reserves space for the last status again. The caller holds the job's lock.
    public func reserveSpare() throws(SpoolError) {
        try doing("set room aside for the job's last status") { () throws(SystemError) in
            try directory.publish(".status.spare", Spool.spare)
        }
    }

    /// Publishes the last status in the space that was reserved for it.
    ///
    /// - Parameter keepsOrder: whether the filesystem keeps the order (``FilesystemOrder``); false is right everywhere.
    public func finish(_ status: JobStatus, keepsOrder: Bool = false) throws(SpoolError) {
        try doing("write the job's status") { () throws(SystemError) in
            try directory.publish("status", Array(status.line.utf8), into: ".status.spare", keepsOrder: keepsOrder)
        }
    }

    /// Renames directories that prevent writing a status: one with its name, or with a name under which it is written.
    ///
    /// - Returns: the new names.
    public func makeWayForStatus() -> [String] {
        ["status", ".status.tmp", ".status.spare"].compactMap { name in
            guard directory.informationIfAny(name)?.kind == .directory else { return nil }
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

    /// Flushes the directory, so that the current status is durable, whichever process published it.
    public func flush() throws(SpoolError) {
        try doing("flush the job's status") { () throws(SystemError) in try directory.directory(".").synchronize() }
    }
}
