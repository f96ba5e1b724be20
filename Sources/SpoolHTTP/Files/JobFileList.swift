internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// The files that a job's spider left in its `work/`. Links are left out: what they lead to is the project's.
struct JobFileList: Sendable {
    private static let most = 1000, deepest = 8

    private struct Entry {
        let path: String
        let information: FileInformation
    }

    private var entries: [Entry] = []
    /// Whether there are more files, or deeper ones.
    private(set) var isCut = false

    /// Looks into the directory of a job.
    init(in job: borrowing JobDirectory) {
        guard let work = try? job.directory.directory("work") else { return }
        add(work, path: "", depth: 0)
        entries.sort { $0.path < $1.path }
    }

    private mutating func add(_ directory: borrowing Directory, path: String, depth: Int) {
        guard let names = try? directory.names() else { return }
        for name in names.sorted() {
            guard let information = try? directory.information(name) else { continue }
            switch information.kind {
            case .file:
                guard entries.count < JobFileList.most else {
                    isCut = true
                    return
                }
                entries.append(Entry(path: path + name, information: information))
            case .directory:
                guard depth < JobFileList.deepest else {
                    isCut = true
                    continue
                }
                guard let inner = try? directory.directory(name) else { continue }
                add(inner, path: "\(path)\(name)/", depth: depth + 1)
            default: continue
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
