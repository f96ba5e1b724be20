internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// The parts of the spool that the page shows, at one moment: the jobs that are not finished, or have just finished,
/// and the projects.
struct SpoolView: Sendable {
    /// The statuses of the jobs that are marked as active, and of further ones that were read.
    private(set) var jobs: [JobID: JobStatus] = [:]
    /// Jobs that are marked but do not exist yet: the mark is made first.
    private(set) var awaited: Set<JobID> = []
    /// The time of each project's current version.
    private(set) var projects: [ProjectName: Timestamp] = [:]

    /// An empty view.
    init() {}

    /// Reads the current state.
    ///
    /// - Parameters:
    ///   - others: jobs that may no longer be marked as active.
    ///   - willRead: called with the directory of each marked job before its status is read.
    init(
        of spool: Spool, and others: Set<JobID>, _ willRead: (JobID, borrowing Directory) -> Void
    ) throws(SpoolError) {
        let active = Set(try spool.activeIDs())
        for id in active.union(others) {
            guard let directory = spool.directoryIfAny(of: id) else {
                if active.contains(id) { awaited.insert(id) }
                continue
            }
            if active.contains(id) { willRead(id, directory.directory) }
            // A job whose status is damaged is shown without one.
            jobs[id] = try? directory.status()
        }
        for project in try spool.allProjects() { projects[project.name] = project.updated }
    }

    /// The jobs that came, went or changed since an earlier view.
    func changedJobs(since earlier: SpoolView) -> [JobID] {
        let changed = jobs.keys.filter { earlier.jobs[$0] != jobs[$0] }
        // A job that was already final while it was still marked has been reported.
        let gone = earlier.jobs.compactMap { jobs[$0.key] == nil && !$0.value.state.isFinal ? $0.key : nil }
        return (changed + gone).sorted()
    }

    /// Whether a project came, went or changed since an earlier view.
    func hasOtherProjects(than earlier: SpoolView) -> Bool { projects != earlier.projects }
}
