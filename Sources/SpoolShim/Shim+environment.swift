internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Python environments that are deleted while a job starts: deleting them is to be harmless.
extension Shim {
    /// The microseconds after its start in which a spider may fail for lack of its environment, and those for which
    /// one that is being deleted is waited for.
    private static let startTime: Int64 = 30_000_000, deletionTime: Int64 = 2_000_000

    /// Whether a spider that has failed soon after its start had lost its environment by then, so that it runs again
    /// when that is built.
    func hasLostEnvironment() -> Bool {
        guard let place = environmentPlace, let started = status[.started],
            SystemClock.wall() - started.microseconds < Shim.startTime, Shim.hasChanged(place)
        else { return false }
        let program = VersionEnvironment.scrapy(in: place)
        let deadline = SystemClock.monotonic() + Shim.deletionTime
        while access(program, F_OK) == 0, SystemClock.monotonic() < deadline { usleep(50_000) }
        return access(program, F_OK) != 0
    }

    /// Whether something in an environment was deleted: its directories do not change otherwise.
    private static func hasChanged(_ place: String) -> Bool {
        do throws(SystemError) {
            let directory = try Directory(path: place)
            // Written after all else.
            let published = try directory.information("../metadata.json").modificationTime
            return try hasChanged(directory, since: published, depth: 64)
        } catch {
            return true
        }
    }

    private static func hasChanged(
        _ directory: borrowing Directory, since published: FileTime, depth: Int
    ) throws(SystemError) -> Bool {
        if published < (try directory.information(".").modificationTime) { return true }
        guard depth > 0 else { return false }
        for (name, kind) in try directory.entries() where kind == .directory {
            if try hasChanged(directory.directory(name), since: published, depth: depth - 1) { return true }
        }
        return false
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
