internal import Glibc
internal import LinuxSystem
public import SpoolModel

extension Spool {
    /// A project's metadata; throws `.missing` when there is no such project, `.unreadable` for a damaged file.
    public func project(_ name: ProjectName) throws(SpoolError) -> ProjectMetadata {
        let content: [UInt8]
        do throws(SystemError) {
            content = try projects.directory(name.description).content("metadata.json", limit: 16 << 20)
        } catch {
            guard error.isMissing else { throw SpoolError(error, while: "read the project \(name)") }
            throw SpoolError(.missing, "There is no project \(name)", cause: error)
        }
        guard let metadata = ProjectMetadata(parsing: content), metadata.name == name else {
            throw SpoolError(.unreadable, "The metadata.json of project \(name) is damaged")
        }
        return metadata
    }

    /// All projects, in the order of their first push.
    public func allProjects() throws(SpoolError) -> [ProjectMetadata] {
        let names = try doing("list the projects") { () throws(SystemError) in try projects.names() }
        return names.compactMap { ProjectName($0) }.compactMap { try? project($0) }
            .sorted { ($0.created, $0.name) < ($1.created, $1.name) }
    }

    /// Runs while no project is changed or removed (`shared`), or alone among all who do either.
    public func withProjectsLocked<Result: ~Copyable>(
        shared: Bool, _ body: () throws(SpoolError) -> Result
    ) throws(SpoolError) -> Result {
        let lock = try doing("lock the projects") { () throws(SystemError) in
            // Not opened for writing without need: whoever watches the projects would see a file that was written to, and
            // read them all again.
            let lock = try projects.file(".lock", shared ? O_RDONLY | O_CREAT : Spool.locking)
            try lock.lock(shared: shared)
            return lock
        }
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    /// The scheduled jobs of a project.
    public func scheduledJobs(of project: ProjectName) throws(SpoolError) -> [Job] {
        try activeJobs().filter { $0.status.state == .scheduled && $0.metadata.project == project }
    }

    /// Removes a project. Its running jobs keep their code until they end; finished jobs stay.
    ///
    /// Throws `.missing` when there is none, `.refused` while it has scheduled jobs.
    public func remove(_ name: ProjectName) throws(SpoolError) {
        try withProjectsLocked(shared: false) { () throws(SpoolError) in
            _ = try project(name)
            let scheduled = try scheduledJobs(of: name).count
            guard scheduled == 0 else {
                throw SpoolError(.refused, "There are \(scheduled) scheduled spiders for project \"\(name)\"")
            }
            try doing("remove the project \(name)") { () throws(SystemError) in
                let directory = try projects.directory(name.description)
                try directory.remove("metadata.json")
                try? directory.remove("status")
                try directory.synchronize()
                // A hint for the engine, which collects what no running job uses.
                try projects.touch(name.description)
            }
        }
    }

    /// Deletes the versions that are neither current nor in use, and what is left of removed projects.
    ///
    /// `isInUse` says whether a running job works with a version.
    public func collectVersions(isInUse: (ProjectName, Int) -> Bool) throws(SpoolError) {
        let names = try doing("list the projects") { () throws(SystemError) in try projects.names() }
        for name in names.compactMap({ ProjectName($0) }) {
            try withProjectsLocked(shared: false) { () throws(SpoolError) in
                do throws(SystemError) {
                    try collect(name, isInUse: isInUse)
                } catch {
                    throw SpoolError(error, while: "delete old versions of \(name)")
                }
            }
        }
    }

    private func collect(_ name: ProjectName, isInUse: (ProjectName, Int) -> Bool) throws(SystemError) {
        let directory = try projects.directory(name.description)
        guard let versions = try? directory.directory("versions") else { return }
        let current = try? project(name).version
        // A project whose metadata is there but damaged keeps everything: somebody may want to mend it.
        if current == nil, directory.contains("metadata.json") { return }
        var isEmpty = true
        for version in try versions.names() {
            guard let number = Int(version), number != current, !isInUse(name, number) else {
                isEmpty = false
                continue
            }
            let place = "\(name).\(version).old"
            try? tmp.removeTree(place)
            try versions.move(version, to: tmp, as: place)
            try tmp.removeTree(place)
        }
        if isEmpty, current == nil {
            try? directory.remove("status")
            try directory.removeDirectory("versions")
            try? projects.removeDirectory(name.description)
        }
    }
}
