public import LinuxSystem
package import Synchronization

/// An open spool tree. All access to the tree goes through this type. It is safe to use from several threads.
public final class Spool: Sendable {
    /// The tree's root.
    public let root: Directory
    /// PushDraft area, and entries being deleted.
    public let tmp: Directory
    /// Entries that could not be read.
    public let quarantine: Directory
    /// Jobs submitted by `mv`.
    public let incoming: Directory
    /// Requests to cancel.
    public let cancel: Directory
    /// The projects.
    public let projects: Directory
    /// Days of jobs.
    public let jobs: Directory
    /// A link to each job that is not finished.
    public let active: Directory
    /// The root's absolute path.
    public let path: String
    /// The entries of `tmp/` from before this process opened the spool.
    let leftovers: [FileName]
    /// Days whose directories are known to be durable.
    let durableDays = Mutex<Set<String>>([])
    /// Whether the filesystem keeps the order of changes (``FilesystemOrder``), so that jobs are created and started with fewer
    /// flushes.
    public let keepsOrder: Bool
    /// The flush of `active/` that creators of jobs share. Where the order is kept there is none.
    let flushOfMarks = Mutex<SharedFlush?>(nil)
    /// Those of a day's directory, and of `tmp/` where the order is not kept, by the day. Tests see it.
    package let flushesOfDays = Mutex<[String: SharedFlush]>([:])
    /// The flush that makes a job's name durable, by the names of jobs that this process is moving to their days.
    let unflushed = Mutex<[String: SharedFlush]>([:])
    /// Files of `history/` whose names are known to be on the disk, and `.` for that of the directory.
    let knownHistory = Mutex<Set<String>>([])
    /// Held while a file of `history/` is appended to or replaced: by the janitor, and when a job is deleted.
    let historyWriting = Mutex(())
    /// How often a summary was dropped. Held while one is published or dropped.
    let summaryDrops = Mutex(0)
    /// Directories below `hooks/` whose names are known to be on the disk.
    let knownHooks = Mutex<Set<String>>([])
    /// Remarks for the log on entries of `history/` that were moved away.
    let historyRemarks = Mutex<[String]>([])
    /// Names in `tmp/` of this process's pushes in progress.
    let pushes = Mutex<Set<String>>([])

    /// The directories that every spool has.
    public static let directories = ["tmp", "quarantine", "incoming", "cancel", "projects", "jobs", "active"]

    private init(_ root: consuming Directory, path: String, keepsOrder: Bool?) throws(SystemError) {
        tmp = try root.directory("tmp")
        leftovers = try tmp.entries().map(\.name)
        quarantine = try root.directory("quarantine")
        incoming = try root.directory("incoming")
        cancel = try root.directory("cancel")
        projects = try root.directory("projects")
        jobs = try root.directory("jobs")
        active = try root.directory("active")
        // In one filesystem: the order of two is not that of one.
        let device = try jobs.descriptor.information().device
        let others = (try tmp.descriptor.information().device, try active.descriptor.information().device)
        self.keepsOrder = keepsOrder ?? (others == (device, device) && jobs.keepsOrder())
        self.path = path
        self.root = root
    }

    /// The result of opening a spool.
    public enum Finding: Sendable {
        /// An existing spool.
        case present
        /// A new spool in a directory that was absent or empty.
        case made
    }

    /// Opens the spool at a path.
    ///
    /// An absent or empty directory becomes a new spool, except with `requiringSpool`, as the directory may be the
    /// mount point of a filesystem that is not mounted. Throws `.notSpool` for a directory with other content, and for
    /// a newer layout.
    ///
    /// - Parameter keepsOrder: ``FilesystemOrder`` of the place; nil to find out.
    public static func open(
        _ path: String, requiringSpool: Bool = false, keepsOrder: Bool? = nil
    ) throws(SpoolError) -> (Spool, Finding) {
        let root = try Spool.openRoot(path, requiringSpool: requiringSpool)
        let absolute = try doing("find the spool's path") { () throws(SystemError) in try root.absolutePath() }
        var finding = Finding.present
        if root.contains("format") {
            try Spool.checkFormat(of: root, at: path)
        } else {
            try Spool.checkEmpty(root, at: path, requiringSpool: requiringSpool)
            finding = .made
        }
        do throws(SystemError) {
            for name in Spool.directories { _ = try root.subdirectory(name) }
            // For people to find. Where it cannot be made now, it is made with its first line.
            _ = try? root.makeDirectoryIfMissing(Spool.history)
            let spool = try Spool(root, path: absolute, keepsOrder: keepsOrder)
            // The file `format` comes last: a tree without it does not count as a spool.
            if finding == .made { try spool.publishFormat() }
            return (spool, finding)
        } catch {
            throw SpoolError(error, while: "open the spool at \(path)")
        }
    }

    /// Opens the existing spool at a path and creates nothing.
    ///
    /// Throws `.notSpool` if there is no spool, `.missing` if one of its directories is missing.
    public static func openAsItIs(_ path: String) throws(SpoolError) -> Spool {
        let root = try openRoot(path, requiringSpool: true)
        guard root.contains("format") else {
            throw SpoolError(.notSpool, "\(path) is not a spool: it has no file `format`")
        }
        try checkFormat(of: root, at: path)
        let absolute = try doing("find the spool's path") { () throws(SystemError) in try root.absolutePath() }
        do throws(SystemError) {
            return try Spool(root, path: absolute, keepsOrder: nil)
        } catch {
            throw SpoolError(error, while: "open the spool at \(path)")
        }
    }

    private static func openRoot(_ path: String, requiringSpool: Bool) throws(SpoolError) -> Directory {
        do throws(SystemError) {
            return try Directory(path: path)
        } catch {
            guard error.isMissing else { throw SpoolError(error, while: "open the spool") }
        }
        guard !requiringSpool else {
            throw SpoolError(
                .notSpool, "There is no spool at \(path), and one is required: is its filesystem mounted?")
        }
        return try doing("make the spool") { () throws(SystemError) in try Directory(making: path) }
    }

    /// Names that are allowed in a directory that becomes a spool.
    private static let harmless: Set<FileName> = [
        "README.md", ".gitignore", ".gitkeep", "lost+found",
        // Left by an earlier attempt that was interrupted before it wrote `format`.
        "tmp", "quarantine", "incoming", "cancel", "projects", "jobs", "active", "history", "summaries",
        ".format.tmp",
    ]

    static func checkEmpty(
        _ root: borrowing Directory, at path: String, requiringSpool: Bool
    ) throws(SpoolError) {
        guard !requiringSpool else {
            throw SpoolError(
                .notSpool, "\(path) has no file `format`, and a spool is required: is its filesystem mounted?")
        }
        let names = try doing("look into \(path)") { () throws(SystemError) in try root.entries().map(\.name) }
        if let other = names.sorted().first(where: { !harmless.contains($0) }) {
            throw SpoolError(
                .notSpool,
                "\(path) is neither a spool (it has no file `format`) nor empty (it has `\(other)`): name another "
                    + "directory, or an empty one to make a new spool")
        }
        for name in ["projects", "jobs", "active", Spool.history] where names.contains(FileName(name)) {
            let inside = try doing("look into \(path)/\(name)") { () throws(SystemError) in
                try root.directory(name).entries()
            }
            guard inside.isEmpty else {
                throw SpoolError(
                    .notSpool, "\(path) has no file `format`, but something in `\(name)`: restore the file `format`")
            }
        }
    }

    /// Throws `.notSpool` unless a tree's file `format` marks it as a spool of the layout that this program knows.
    public static func checkFormat(of root: borrowing Directory, at path: String) throws(SpoolError) {
        let content = try doing("read the spool's format") { () throws(SystemError) in
            let format = try root.information("format")
            // Anything but a short regular file is no valid format.
            return format.kind == .file && format.size <= 4096 ? try root.content("format", limit: 4096) : []
        }
        let first = String(decoding: content.prefix { $0 != 0x0a && $0 != 0x0d }, as: UTF8.self)
        guard first.hasPrefix("scrapy-spool ") else {
            throw SpoolError(
                .notSpool,
                "\(path)/format does not say `scrapy-spool 1`: this is not a spool, or its file `format` has to be restored"
            )
        }
        guard first == "scrapy-spool 1" else {
            throw SpoolError(.notSpool, "\(path) is a spool of a newer layout (`\(first)`): use a newer scrapy-spool")
        }
    }
}
