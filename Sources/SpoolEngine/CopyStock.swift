internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// What the thread of a ``Workshop`` knows of the copies that it has made.
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

    /// Microseconds for which nothing is copied after the end of a job: where jobs follow each other, their copies come back.
    private static let quiet: Int64 = 200_000

    /// Projects for which something is to be copied when their jobs do not end one after the other any more.
    private var waiting: Set<ProjectName> = []

    /// Whether the filesystem tells whether a file was changed.
    var hasExactTimes = false
    /// Whose copy each watch is of.
    var watches: [Int32: ProjectName] = [:]
    /// Names in `ready/` of copies that an engine before this one had made ready.
    var retired: [ReadyCopy: [String]] = [:]
    private var known: [ProjectName: Known] = [:]
    private var generator = SystemRandomNumberGenerator()

    /// An id that nobody else has.
    func token() -> JobID {
        JobID(at: Timestamp(microseconds: Machine.wallClock()), using: &generator)
    }

    /// What a copy of the current version of a project consists of; nil where that cannot be said.
    func list(of project: ProjectMetadata, in spool: Spool) -> CodeList? {
        let code = spool.codeStamp(of: project)
        if let known = known[project.name], known.version == project.version, known.code == code { return known.list }
        guard let list = spool.list(of: project) else { return nil }
        known[project.name] = Known(version: project.version, list: list, code: code)
        return list
    }

    /// Whether a version's code was replaced by other code, as when a project is removed and pushed again. Copies of the
    /// former code are useless.
    func isReplaced(_ project: ProjectMetadata, in spool: Spool) -> Bool {
        guard let known = known[project.name], known.version == project.version else { return false }
        return known.code != spool.codeStamp(of: project)
    }

    /// Keeps what is known of a copy of a project's current version.
    func keep(_ record: CopyRecord, of project: ProjectName) {
        // Those of jobs that did not give theirs back add up; any may go.
        if let known = known[project], known.records.count >= known.list.mostRecords, let any = known.records.keys.first
        {
            self.known[project]?.records[any] = nil
        }
        known[project]?.records[record.inode] = record
    }

    /// What is known of the copy with an inode, which is a new one from now on.
    func takeRecord(of project: ProjectName, inode: UInt64) -> CopyRecord? {
        known[project]?.records.removeValue(forKey: inode)
    }

    /// Notes that a job has ended.
    func noteEnd(of project: ProjectName) {
        known[project]?.lastEnd = Machine.steadyClock()
    }

    /// Whether something is copied for a project now; else it is later.
    func mayCopy(for project: ProjectName) -> Bool {
        guard !isQuiet(project) else { return true }
        waiting.insert(project)
        return false
    }

    private func isQuiet(_ project: ProjectName) -> Bool {
        guard let lastEnd = known[project]?.lastEnd, lastEnd != .min else { return true }
        return Machine.steadyClock() - lastEnd >= CopyStock.quiet
    }

    /// Milliseconds until ``takeWaiting()`` may give projects; nil where none waits.
    var pause: Int? { waiting.isEmpty ? nil : Int(CopyStock.quiet / 1000) }

    /// The projects for which something may be copied by now.
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

    /// Gives up what an engine before this one had made ready of a project.
    ///
    /// - Parameter kept: the copies that may still be of use.
    /// - Returns: their names in `ready/`.
    func takeRetired(of project: ProjectName, besides kept: ReadyCopy?) -> [String] {
        let copies = retired.keys.filter { $0.project == project && $0 != kept }
        return copies.flatMap { retired.removeValue(forKey: $0) ?? [] }
    }
}
