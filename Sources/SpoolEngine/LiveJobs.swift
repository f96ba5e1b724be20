internal import SpoolModel

/// The jobs that are not finished, as the engine last saw them. A pure table: it decides nothing and reads nothing.
struct LiveJobs {
    private(set) var pending: [JobID: Timestamp] = [:]
    private(set) var scheduled: [JobID: Timestamp] = [:]
    private(set) var running: Set<JobID> = []

    /// Notes that a job waits for a slot since an instant.
    mutating func setPending(_ id: JobID, since instant: Timestamp) {
        remove(id)
        pending[id] = instant
    }

    /// Notes that a job waits for its next time.
    mutating func setScheduled(_ id: JobID, next: Timestamp) {
        remove(id)
        scheduled[id] = next
    }

    /// Notes that a shim is in charge of a job.
    mutating func setRunning(_ id: JobID) {
        remove(id)
        running.insert(id)
    }

    /// Forgets a job.
    mutating func remove(_ id: JobID) {
        pending[id] = nil
        scheduled[id] = nil
        running.remove(id)
    }

    /// All ids in the table.
    var ids: Set<JobID> {
        running.union(pending.keys).union(scheduled.keys)
    }

    /// The job that has waited for a slot the longest.
    var oldestPending: JobID? {
        pending.min { ($0.value, $0.key) < ($1.value, $1.key) }?.key
    }

    /// When the next scheduled job is due.
    var nextDue: Timestamp? {
        scheduled.values.min()
    }

    /// The scheduled jobs whose time has come, earliest first.
    func due(at now: Timestamp) -> [JobID] {
        scheduled.filter { $0.value <= now }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map(\.key)
    }
}
