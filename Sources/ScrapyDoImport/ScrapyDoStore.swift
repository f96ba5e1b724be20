public import ForeignStore
internal import LinuxSystem

/// A `project-store` directory of scrapy-do, opened for reading.
///
/// It has `metadata.pkl` (a pickle of the projects), an archive `NAME.zip` for each project, `schedule.db` (the jobs),
/// `log-dir/` with `ID.out` and `ID.err` (missing if a log is empty), and `spider-data/`.
public struct ScrapyDoStore: ~Copyable {
    /// Its directory.
    let directory: Directory
    /// Its directory of logs, possibly through a symbolic link; nil if it cannot be opened.
    let logs: Directory?
    /// Its projects, in the order of their first push.
    public let projects: [ScrapyDoProject]
    /// Its jobs.
    let schedule: ScrapyDoSchedule

    /// Opens a store.
    ///
    /// Throws if the directory is no store, if a part of it cannot be read, and if a process has its database open:
    /// scrapy-do would continue to run the jobs that are imported.
    public init(path: String) throws(ImportError) {
        let directory = try ScrapyDoStore.open(path)
        let projects = try ScrapyDoStore.projects(in: directory, path: "\(path)/metadata.pkl")
        let schedule = try ScrapyDoSchedule(path: "\(path)/schedule.db")
        let logs = try ScrapyDoStore.logs(path: "\(path)/log-dir")
        self.schedule = schedule
        self.projects = projects
        self.directory = directory
        self.logs = logs
    }

    private static func open(_ path: String) throws(ImportError) -> Directory {
        let directory: Directory
        do throws(SystemError) {
            directory = try Directory(path: path)
        } catch {
            throw ImportError("\(path) cannot be opened: \(error.reason)")
        }
        for name in ["metadata.pkl", "schedule.db"] where !directory.contains(name) {
            throw ImportError(
                "\(path) has no file \(name), so it is not a project-store of scrapy-do: see `project-store` in "
                    + "its configuration file")
        }
        if let pid = StoreUsers.processes(holding: "\(path)/schedule.db").first {
            throw ImportError("\(path)/schedule.db is open in process \(pid): stop scrapy-do first")
        }
        return directory
    }

    /// The directory of the logs; nil if it is missing. Throws if it cannot be opened: the jobs would be imported without
    /// their logs, and the next import would leave them out.
    private static func logs(path: String) throws(ImportError) -> Directory? {
        do throws(SystemError) {
            return try Directory(path: path)
        } catch {
            if error.isMissing { return nil }
            throw ImportError("\(path) cannot be opened: \(error.reason)")
        }
    }

    /// The number of its jobs.
    public func countJobs() throws(ImportError) -> Int { try schedule.count() }

    // MARK: metadata.pkl

    private static let longestMetadata = 64 << 20
    private static let mostSpiders = 1_000_000

    private static func projects(
        in directory: borrowing Directory, path: String
    ) throws(ImportError) -> [ScrapyDoProject] {
        let content: [UInt8]
        do throws(SystemError) {
            content = try directory.content("metadata.pkl", limit: longestMetadata)
        } catch {
            throw ImportError("\(path) cannot be read: \(error.reason)")
        }
        return try projects(parsing: content, path: path)
    }

    /// The projects in the content of a `metadata.pkl`: a dictionary of names and scrapy-do's named tuples
    /// `(name, archive, spiders)`.
    static func projects(parsing content: [UInt8], path: String) throws(ImportError) -> [ScrapyDoProject] {
        let pickle: Pickle
        do throws(PickleError) {
            pickle = try PickleReader.read(content, types: ["scrapy_do.controller.Project"])
        } catch {
            throw ImportError("\(path) cannot be used: \(error)")
        }
        guard case .dictionary(let items) = pickle.root else {
            throw ImportError("\(path) cannot be used: it holds no dictionary of projects")
        }
        var places: [String: Int] = [:]
        var projects: [ScrapyDoProject] = []
        var spiderCount = 0
        for item in items {
            guard let name = pickle.text(item.key), case .record(_, let arguments) = pickle[item.value],
                arguments.count == 3, case .list(let spiders) = pickle[arguments[2]]
            else { throw ImportError("\(path) cannot be used: one of its projects is none") }
            // Counted per project, because many projects may refer to one long list.
            spiderCount += spiders.count
            guard spiderCount <= mostSpiders else { throw ImportError("\(path) cannot be used: too many spiders") }
            let project = ScrapyDoProject(name: name, spiders: spiders.compactMap { pickle.text($0) })
            if let place = places[name] {
                projects[place] = project
            } else {
                places[name] = projects.count
                projects.append(project)
            }
        }
        return projects
    }
}
