internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// The files that a job's spider wrote into its `work/`, and those of its interrupted attempts. Unchanged copies of the
/// project's files, links, and Python's byte code of modules are left out.
struct JobFileList: Sendable {
    private static let most = 1000, deepest = 64
    /// The most names that are examined.
    private static let patience = 200_000

    private struct Entry {
        let path: String
        let information: FileInformation
    }

    private var entries: [Entry] = []
    private var seen = 0
    /// Whether the list is incomplete: more files, deeper ones, or some whose name cannot be shown.
    private(set) var isCut = false

    /// Reads the directories of a job.
    ///
    /// - Parameter spool: the job's spool.
    init(in job: borrowing JobDirectory, of project: ProjectName, spool: Spool) {
        for place in job.workPlaces().reversed() {
            guard let work = job.directory.directoryIfAny(place.name) else { continue }
            let originals = WorkOriginals(of: place, project: project, in: spool)
            let shown = place.isCurrent ? "" : "\(place.name)/"
            add(RelativePath(), of: work, originals, shownAs: shown, isCurrent: place.isCurrent)
        }
        entries.sort { $0.path < $1.path }
    }

    /// Adds the files in a directory and below it.
    ///
    /// - Parameters:
    ///   - path: the directory's path in the working directory.
    ///   - shown: the same in its shown form, with a trailing slash.
    private mutating func add(
        _ path: RelativePath, of work: borrowing Directory, _ originals: borrowing WorkOriginals,
        shownAs shown: String, isCurrent: Bool
    ) {
        // The job may have removed it.
        guard let directory = work.foreignDirectoryIfAny(path) else { return }
        let isTop = isCurrent && path.names.isEmpty
        let isByteCode = path.names.last == FileName(ByteCode.directory)
        for (name, _) in directory.entriesIfAny().sorted(by: { $0.name < $1.name }) {
            seen += 1
            guard seen <= JobFileList.patience, entries.count < JobFileList.most else { return isCut = true }
            guard let information = directory.informationIfAny(name),
                information.kind == .file || information.kind == .directory
            else { continue }
            let inner = path.appending(name)
            if information.kind == .file {
                if isByteCode, ByteCode.module(of: name) != nil { continue }
                if originals.contain(information, at: inner, in: work) { continue }
            } else if path.names.count >= JobFileList.deepest {
                isCut = true
                continue
            }
            let text = ShownName.shown(name, in: directory) { isTop && JobDirectory.isKeptWork($0) }
            guard let text else {
                isCut = true
                continue
            }
            if information.kind == .file {
                entries.append(Entry(path: shown + text, information: information))
            } else {
                add(inner, of: work, originals, shownAs: "\(shown)\(text)/", isCurrent: isCurrent)
            }
        }
    }

    /// A dictionary for each file.
    var json: JSON {
        .array(
            entries.map { entry in
                .object([
                    JSON.Member("path", .string(entry.path)),
                    JSON.Member("size", .number(entry.information.size)),
                ])
            })
    }
}
