package import SpoolModel

/// Projects whose code cannot be used for now, and the pending jobs that keep their places until it can. A pure value.
package struct Stalls {
    private var jobs: [ProjectName: Set<JobID>] = [:]
    /// When the code is checked next; nil if no job waits.
    package private(set) var nextLook: Timestamp?

    /// Seconds between two checks.
    private static let pause: Int64 = 5

    /// No job waits for code.
    package init() {}

    /// The projects.
    package var projects: [ProjectName] { jobs.keys.sorted() }

    /// Whether the jobs of a project wait for its code.
    package func contains(_ project: ProjectName) -> Bool { jobs[project] != nil }

    /// Notes that a job waits for the code of its project.
    package mutating func add(_ id: JobID, of project: ProjectName, at now: Timestamp) {
        jobs[project, default: []].insert(id)
        nextLook = nextLook ?? now.adding(seconds: Stalls.pause)
    }

    /// Notes that the code was checked, or that a check is due at once.
    package mutating func look(at now: Timestamp, isDue: Bool = false) {
        nextLook = jobs.isEmpty ? nil : isDue ? now : now.adding(seconds: Stalls.pause)
    }

    /// Notes that the code of a project can be used again, or that the project is gone.
    ///
    /// - Returns: the jobs that waited for it.
    package mutating func end(_ project: ProjectName) -> Set<JobID> {
        jobs.removeValue(forKey: project) ?? []
    }
}
