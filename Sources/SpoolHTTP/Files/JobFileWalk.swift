internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Walks through the files that a job's spider wrote into its `work/`, then through those of its interrupted attempts.
/// Unchanged copies of the project's files, links, and Python's byte code of modules are passed over.
///
/// Not thread-safe; but it may be used by one thread after another.
struct JobFileWalk: ~Copyable {
    /// The deepest directory that is entered.
    private static let deepest = 64

    /// How names are met.
    enum Order {
        /// By their bytes within a directory, whose names are all in memory.
        case sorted
        /// As the filesystem has them, so that many of them take no memory.
        case unsorted
    }

    /// What a name turned out to be.
    enum Step {
        case file(File)
        /// Something that belongs to the job and cannot be had.
        case omission(Omission)
        /// None of the job's files.
        case other
    }

    /// A file of the job.
    struct File {
        /// Its path in its working directory.
        let path: RelativePath
        /// The same in its shown form, beginning with the name of the working directory unless that is the current one.
        let shown: String
        let information: FileInformation
    }

    /// Something left out.
    struct Omission {
        /// Its path; of a name that cannot be shown, that of its directory.
        let shown: String
        let reason: String
    }

    /// A directory whose names are being read.
    private final class Level {
        let path: RelativePath
        /// The path in its shown form, with a trailing slash unless it is empty.
        let shown: String
        let directory: Directory
        private let names: DirectoryNames?
        private var sorted: [FileName] = []

        init(_ directory: consuming Directory, _ path: RelativePath, shownAs shown: String, _ order: Order)
            throws(SystemError)
        {
            (self.path, self.shown) = (path, shown)
            switch order {
            case .sorted:
                names = nil
                sorted = try directory.entries().map(\.name).sorted(by: >)
            case .unsorted: names = try DirectoryNames(of: directory)
            }
            self.directory = directory
        }

        func next() throws(SystemError) -> FileName? {
            if let names { try names.next()?.name } else { sorted.popLast() }
        }
    }

    /// A working directory that was entered.
    private final class Work {
        let directory: Directory
        let originals: WorkOriginals
        let isCurrent: Bool

        init(_ place: WorkPlace, in job: borrowing Directory, of project: ProjectName, spool: Spool)
            throws(SystemError)
        {
            directory = try job.directory(place.name)
            originals = WorkOriginals(of: place, project: project, in: spool)
            isCurrent = place.isCurrent
        }
    }

    private let job: Directory
    private let project: ProjectName
    private let spool: Spool
    private let order: Order
    /// Whether a shown form has another meaning where it is used.
    private let isReserved: @Sendable (String) -> Bool
    /// The working directories that were not entered yet, the next one last.
    private var places: [WorkPlace]
    private var work: Work?
    private var levels: [Level] = []

    /// Begins a walk.
    ///
    /// - Parameters:
    ///   - spool: the job's spool.
    ///   - isReserved: names for which it holds get another shown form.
    init(
        in job: borrowing JobDirectory, of project: ProjectName, spool: Spool, _ order: Order,
        isReserved: @escaping @Sendable (String) -> Bool = { _ in false }
    ) throws(SystemError) {
        self.job = try job.directory.duplicate()
        (self.project, self.spool, self.order, self.isReserved) = (project, spool, order, isReserved)
        places = job.workPlaces()
    }

    /// Looks at the next name; nil at the end.
    mutating func next() -> Step? {
        guard let level = levels.last else { return enterNextPlace() }
        do throws(SystemError) {
            if let name = try level.next() { return look(at: name, in: level) }
            levels.removeLast()
            return .other
        } catch {
            levels.removeLast()
            return .omission(Omission(shown: level.shown, reason: error.reason))
        }
    }

    /// Opens the file that was met last, without following links.
    func open(_ file: File) throws(SystemError) -> Descriptor {
        guard let work else { preconditionFailure("a file is met in a working directory") }
        return try work.directory.foreignFile(file.path)
    }

    private mutating func enterNextPlace() -> Step? {
        guard let next = places.popLast() else { return nil }
        do throws(SystemError) {
            let entered = try Work(next, in: job, of: project, spool: spool)
            let shown = next.isCurrent ? "" : "\(next.name)/"
            levels = [try Level(try entered.directory.duplicate(), RelativePath(), shownAs: shown, order)]
            work = entered
            return .other
        } catch {
            return step(after: error, shown: next.name)
        }
    }

    private mutating func look(at name: FileName, in level: Level) -> Step {
        guard let information = level.directory.informationIfAny(name),
            information.kind == .file || information.kind == .directory
        else { return .other }
        let path = level.path.appending(name)
        if information.kind == .file {
            if level.path.names.last == FileName(ByteCode.directory), ByteCode.module(of: name) != nil { return .other }
            if isOriginal(information, at: path) { return .other }
        }
        let isReserved = isReserved
        let isTop = work?.isCurrent == true && level.path.names.isEmpty
        let text = ShownName.shown(name, in: level.directory) {
            isTop && JobDirectory.isKeptWork($0) || isReserved($0)
        }
        guard let text else { return .omission(Omission(shown: level.shown, reason: "a name that cannot be shown")) }
        let shown = level.shown + text
        if information.kind == .file { return .file(File(path: path, shown: shown, information: information)) }
        return enter(path, shown)
    }

    private func isOriginal(_ information: FileInformation, at path: RelativePath) -> Bool {
        guard let work else { return false }
        return work.originals.contain(information, at: path, in: work.directory)
    }

    private mutating func enter(_ path: RelativePath, _ shown: String) -> Step {
        guard path.names.count <= JobFileWalk.deepest else {
            return .omission(Omission(shown: shown, reason: "more than \(JobFileWalk.deepest) directories deep"))
        }
        guard let work else { return .other }
        do throws(SystemError) {
            levels.append(try Level(try work.directory.foreignDirectory(path), path, shownAs: "\(shown)/", order))
            return .other
        } catch {
            return step(after: error, shown: shown)
        }
    }

    /// The job may have removed the entry.
    private func step(after error: SystemError, shown: String) -> Step {
        error.isGone ? .other : .omission(Omission(shown: shown, reason: error.reason))
    }
}
