internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// What somebody who looks at the page cares about, at one moment: the jobs that are not finished, or were not a moment ago, and
/// the projects.
struct SpoolView: Sendable {
    /// The statuses of the jobs that are marked as active or were looked at besides.
    private(set) var jobs: [JobID: JobStatus] = [:]
    /// Jobs that are marked and not there yet: a mark comes first.
    private(set) var awaited: Set<JobID> = []
    /// When each project got its current version.
    private(set) var projects: [ProjectName: Timestamp] = [:]

    /// Nothing.
    init() {}

    /// What is there now.
    ///
    /// - Parameters:
    ///   - others: jobs that may not be marked as active any more.
    ///   - willRead: called with the directory of each one that is, before its status is read.
    init(
        of spool: Spool, and others: Set<JobID>, _ willRead: (JobID, borrowing Directory) -> Void
    ) throws(SpoolError) {
        let active = Set(try spool.activeIDs())
        for id in active.union(others) {
            guard let directory = try? spool.directory(of: id) else {
                if active.contains(id) { awaited.insert(id) }
                continue
            }
            if active.contains(id) { willRead(id, directory.directory) }
            jobs[id] = try? directory.status()
        }
        for project in try spool.allProjects() { projects[project.name] = project.updated }
    }

    /// The jobs that came, went or changed since an earlier look.
    func changedJobs(since earlier: SpoolView) -> [JobID] {
        let changed = jobs.keys.filter { earlier.jobs[$0] != jobs[$0] }
        // What was final already when it was still marked has been told.
        let gone = earlier.jobs.compactMap { jobs[$0.key] == nil && !$0.value.state.isFinal ? $0.key : nil }
        return (changed + gone).sorted()
    }

    /// Whether a project came, went or changed since an earlier look.
    func hasOtherProjects(than earlier: SpoolView) -> Bool { projects != earlier.projects }
}
