internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// The state of a ``Workshop``'s thread: the copies that it made.
final class CopyStock {
    private struct Known {
        let version: Int
        let list: CodeList
        /// The code that the list describes.
        let code: CodeStamp?
        /// By the inodes of their directories.
        var records: [UInt64: CopyRecord] = [:]
        /// When the last job ended, by the steady clock.
        var lastEnd = Int64.min
    }

    /// Microseconds without copying after the end of a job: while jobs follow each other, their copies are reused.
    private static let quiet: Int64 = 200_000

    /// Projects that need a copy once their jobs no longer end in quick succession.
    private var waiting: Set<ProjectName> = []

    /// Whether timestamps of the filesystem are exact enough to detect changes of files.
    var hasExactTimes = false
    /// The project of each watched copy, by inotify watch.
    var watches: [Int32: ProjectName] = [:]
    /// Names in `ready/` of copies that an earlier engine made.
    var retired: [ReadyCopy: [String]] = [:]
    private var known: [ProjectName: Known] = [:]
    private var generator = SystemRandomNumberGenerator()

    /// A unique id.
    func token() -> JobID {
        JobID(at: Timestamp(microseconds: SystemClock.wall()), using: &generator)
    }

    /// The content of a copy of the current version of a project; nil if the code cannot be listed.
    func list(of project: ProjectMetadata, in spool: Spool) -> CodeList? {
        let code = spool.codeStamp(of: project)
        if let known = known[project.name], known.version == project.version, known.code == code { return known.list }
        guard let list = spool.list(of: project) else { return nil }
        known[project.name] = Known(version: project.version, list: list, code: code)
        return list
    }

    /// Whether a version's code was replaced by other code, as when a project is removed and pushed again. Copies of
    /// the former code are useless.
    func isReplaced(_ project: ProjectMetadata, in spool: Spool) -> Bool {
        guard let known = known[project.name], known.version == project.version else { return false }
        return known.code != spool.codeStamp(of: project)
    }

    /// Keeps the record of a copy of a project's current version.
    func keep(_ record: CopyRecord, of project: ProjectName) {
        // Records of copies that jobs did not give back pile up; any of them may be dropped.
        if let known = known[project], known.records.count >= known.list.mostRecords, let any = known.records.keys.first
        {
            self.known[project]?.records[any] = nil
        }
        known[project]?.records[record.inode] = record
    }

    /// Removes and returns the record of the copy with an inode.
    func takeRecord(of project: ProjectName, inode: UInt64) -> CopyRecord? {
        known[project]?.records.removeValue(forKey: inode)
    }

    /// Notes that a job has ended.
    func noteEnd(of project: ProjectName) {
        known[project]?.lastEnd = SystemClock.monotonic()
    }

    /// Whether a copy may be made for a project now; if not, the project waits.
    func mayCopy(for project: ProjectName) -> Bool {
        guard !isQuiet(project) else { return true }
        waiting.insert(project)
        return false
    }

    private func isQuiet(_ project: ProjectName) -> Bool {
        guard let lastEnd = known[project]?.lastEnd, lastEnd != .min else { return true }
        return SystemClock.monotonic() - lastEnd >= CopyStock.quiet
    }

    /// Milliseconds until ``takeWaiting()`` may return projects; nil if none waits.
    var pause: Int? { waiting.isEmpty ? nil : Int(CopyStock.quiet / 1000) }

    /// Removes and returns the waiting projects for which a copy may be made now.
    func takeWaiting() -> Set<ProjectName> {
        let quiet = waiting.filter { isQuiet($0) }
        waiting.subtract(quiet)
        return quiet
    }

    /// Forgets a project that is gone.
    func forget(_ project: ProjectName) {
        known[project] = nil
        waiting.remove(project)
    }

    /// Gives up the copies of a project that an earlier engine made.
    ///
    /// - Parameter kept: the copies that may still be of use.
    /// - Returns: their names in `ready/`.
    func takeRetired(of project: ProjectName, besides kept: ReadyCopy?) -> [String] {
        let copies = retired.keys.filter { $0.project == project && $0 != kept }
        return copies.flatMap { retired.removeValue(forKey: $0) ?? [] }
    }
}
