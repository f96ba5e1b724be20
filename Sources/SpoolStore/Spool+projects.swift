internal import Glibc
internal import LinuxSystem
public import SpoolModel

extension Spool {
    /// A project's metadata; throws `.missing` if there is no such project, `.unreadable` for a damaged file.
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

    /// A project's metadata; nil if there is no such project, or its file is damaged or not accessible. Throws if
    /// descriptors ran out or the disk fails, so that nothing is known.
    public func projectIfReadable(_ name: ProjectName) throws(SpoolError) -> ProjectMetadata? {
        do throws(SpoolError) {
            return try project(name)
        } catch {
            guard error.code == .unreadable || error.cause?.isAboutFile == true else { throw error }
            return nil
        }
    }

    /// A project's metadata; nil if it cannot be read, for any reason.
    public func projectIfAny(_ name: ProjectName) -> ProjectMetadata? {
        // The caller leaves out its work for the project.
        try? project(name)
    }

    /// All projects whose metadata is valid and accessible, in the order of their first push.
    public func allProjects() throws(SpoolError) -> [ProjectMetadata] {
        let names = try doing("list the projects") { () throws(SystemError) in try projects.names() }
        var found: [ProjectMetadata] = []
        for name in names.compactMap({ ProjectName($0) }) {
            if let project = try projectIfReadable(name) { found.append(project) }
        }
        return found.sorted { ($0.created, $0.name) < ($1.created, $1.name) }
    }

    /// Runs a closure under the lock of all projects: `shared` while none is changed or removed, otherwise exclusively.
    public func withProjectsLocked<Result: ~Copyable>(
        shared: Bool, _ body: () throws(SpoolError) -> Result
    ) throws(SpoolError) -> Result {
        let lock = try doing("lock the projects") { () throws(SystemError) in
            // Opened for reading if possible: otherwise watchers of the projects would get an event for a written file
            // and read all projects again.
            let lock = try projects.file(".lock", shared ? O_RDONLY | O_CREAT : Spool.locking)
            try lock.lock(shared: shared)
            return lock
        }
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    /// The scheduled jobs of a project, and the jobs that cannot be read and may be scheduled for it.
    func scheduledJobs(of project: ProjectName) throws(SpoolError) -> (known: [JobMetadata], unread: [ActiveJob]) {
        var (known, unread): ([JobMetadata], [ActiveJob]) = ([], [])
        for job in try activeJobs() where job.status?.state ?? .scheduled == .scheduled {
            guard job.project == nil || job.project == project else { continue }
            if let metadata = job.metadata, job.status != nil { known.append(metadata) } else { unread.append(job) }
        }
        return (known, unread)
    }

    /// Removes a project. Its running jobs keep their code until they end; finished jobs stay.
    ///
    /// Throws `.missing` if there is none, `.refused` if it has scheduled jobs, or a job that cannot be read may be
    /// one.
    public func remove(_ name: ProjectName) throws(SpoolError) {
        try withProjectsLocked(shared: false) { () throws(SpoolError) in
            _ = try project(name)
            let scheduled = try scheduledJobs(of: name)
            guard scheduled.known.isEmpty else {
                let ids = Suggestion.list(scheduled.known.map(\.id).sorted().map(\.description), most: 3)
                let count = scheduled.known.count
                // In scrapy-do's words, which its clients may look for; it has no singular.
                throw SpoolError(
                    .refused,
                    "There are \(count) scheduled spiders for project \"\(name)\": cancel \(count == 1 ? "it" : "them") first: "
                        + ids)
            }
            if let job = scheduled.unread.first {
                throw SpoolError(
                    .refused,
                    "The job jobs/\(job.id.day)/\(job.id) cannot be read and may be scheduled for project \"\(name)\": "
                        + "mend it or move it away, or stop the server and run `scrapy-spool check --repair`",
                    cause: job.failure?.cause)
            }
            try doing("remove the project \(name)") { () throws(SystemError) in
                let directory = try projects.directory(name.description)
                try directory.remove("metadata.json")
                // A later project of that name does not get them.
                for file in [ProjectVariables.file, Spool.settingsFile, Spool.enforcedFile]
                where directory.contains(file) {
                    try directory.remove(file)
                }
                // Only a directory with this status is deleted soon: one without metadata may be a project that a user
                // is copying here.
                try? directory.publish("status", Array(Spool.removed.utf8))
                try directory.synchronize()
                // A hint for the engine, which deletes code that no running job uses.
                try projects.touch(name.description)
            }
        }
    }
}
