internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// The first files of a ``JobFileWalk``, by their paths.
struct JobFileList: Sendable {
    private static let most = 1000
    /// The most names that are examined.
    private static let patience = 200_000

    private struct Entry {
        let path: String
        let size: Int64
    }

    private var entries: [Entry] = []
    /// Whether the list is incomplete: there are more files, deeper ones, or some that cannot be read or shown.
    private(set) var isCut = false

    /// Reads the directories of a job.
    ///
    /// - Parameter spool: the job's spool.
    init(in job: borrowing JobDirectory, of project: ProjectName, spool: Spool) throws(SystemError) {
        var walk = try JobFileWalk(in: job, of: project, spool: spool, .sorted)
        var seen = 0
        search: while let step = walk.next() {
            seen += 1
            let isPatient = seen <= JobFileList.patience
            switch step {
            case .other where isPatient: continue
            case .file(let file) where isPatient && entries.count < JobFileList.most:
                entries.append(Entry(path: file.shown, size: file.information.size))
            case .omission where isPatient: isCut = true
            default:
                isCut = true
                break search
            }
        }
        entries.sort { $0.path < $1.path }
    }

    /// A dictionary for each file.
    var json: JSON {
        .array(
            entries.map { entry in
                .object([JSON.Member("path", .string(entry.path)), JSON.Member("size", .number(entry.size))])
            })
    }
}
