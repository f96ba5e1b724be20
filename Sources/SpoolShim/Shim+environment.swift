internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Python environments that are deleted while a job starts: deleting them is to be harmless.
extension Shim {
    /// The microseconds after its start in which a spider may fail for lack of its environment, and those for which one that
    /// is being deleted is waited for at most.
    private static let startTime: Int64 = 30_000_000, deletionTime: Int64 = 30_000_000
    /// The seconds without a change after which an environment is not being deleted.
    private static let restTime: Int64 = 10

    /// Whether a spider that has failed soon after its start had lost its environment by then, so that it runs again
    /// when that is built.
    func hasLostEnvironment() -> Bool {
        guard let place = environmentPlace, let started = status[.started],
            SystemClock.wall() - started.microseconds < Shim.startTime
        else { return false }
        let program = VersionEnvironment.scrapy(in: place)
        let deadline = SystemClock.monotonic() + Shim.deletionTime
        while access(program, F_OK) == 0 {
            guard SystemClock.monotonic() < deadline, Shim.isBeingDeleted(place) else { return false }
            usleep(100_000)
        }
        return true
    }

    /// Whether something in an environment was deleted lately: its directories do not change otherwise.
    private static func isBeingDeleted(_ place: String) -> Bool {
        do throws(SystemError) {
            let directory = try Directory(path: place)
            // Written after all else.
            let published = directory.informationIfAny("../metadata.json")?.modificationTime
            let latest = try latestChange(in: directory, depth: 64)
            return published.map { $0 < latest } ?? true
                && SystemClock.wall() / 1_000_000 - latest.seconds < Shim.restTime
        } catch {
            // A directory has vanished meanwhile.
            return true
        }
    }

    private static func latestChange(in directory: borrowing Directory, depth: Int) throws(SystemError) -> FileTime {
        var latest = try directory.information(".").modificationTime
        guard depth > 0 else { return latest }
        for (name, kind) in try directory.entries() where kind == .directory {
            let change = try latestChange(in: directory.directory(name), depth: depth - 1)
            if latest < change { latest = change }
        }
        return latest
    }

    /// The environment of the spider: this process's, and the variables of the project. They are read here, so that
    /// they are in no script of Slurm's and no environment but the spider's.
    func environment() throws(SystemError) -> [String] {
        var variables: [String] = []
        var next = environ
        while let variable = next.pointee {
            variables.append(String(cString: variable))
            next += 1
        }
        if let place = environmentPlace {
            variables = VersionEnvironment.variables(variables, in: place)
        }
        let metadata = try metadata()
        let project = metadata.project
        if metadata.client != nil { variables += clientVariables(of: project) }
        let added = try job.variables(of: project)
        for refusal in added.refusals {
            logToJob("a variable in projects/\(project)/\(ProjectVariables.file) is left out: \(refusal)")
        }
        return added.added(to: variables)
    }

    /// The variables by which scrapyd tells a spider its project. Scrapy looks for the settings of the project that SCRAPY_PROJECT
    /// names, and takes those of the other variable if `scrapy.cfg` has none.
    private func clientVariables(of project: ProjectName) -> [String] {
        // A project without a scrapy.cfg that names its settings gets neither.
        let text = try? job.directory.directory(JobDirectory.work).foreignFile("scrapy.cfg").readAll(limit: 64 << 10)
        return text.flatMap { SettingsModule(in: $0) }.map {
            ["SCRAPY_PROJECT=\(project)", "SCRAPY_SETTINGS_MODULE=\($0.name)"]
        } ?? []
    }
}
