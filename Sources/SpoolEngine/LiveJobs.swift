internal import SpoolModel

/// The jobs that are not finished, as the engine last saw them. A pure table: it decides nothing and reads nothing.
struct LiveJobs {
    /// A job that waits for a slot.
    struct Waiting: Comparable {
        /// Since when.
        let since: Timestamp
        let id: JobID
        /// The schedule whose earlier run must end first, if its runs are queued.
        let queuedBehind: JobID?
        /// What is to run it.
        let executor: Executor

        static func < (one: Waiting, other: Waiting) -> Bool { (one.since, one.id) < (other.since, other.id) }
    }

    /// By what is to run them, the longest waiting first. Jobs nearly always come at the end and leave from the start, so this is as good as a
    /// heap, and a job in the middle is found by halving.
    private var pending: [Executor: [Waiting]] = [:]
    private var waits: [JobID: Waiting] = [:]
    private(set) var scheduled: [JobID: Timestamp] = [:]
    private(set) var running: Set<JobID> = []
    /// Those that another machine runs, or will run.
    private var remote: Set<JobID> = []
    /// The schedules that fired the runs which have not ended.
    private var schedules: [JobID: JobID] = [:]

    /// Notes that a job waits for a slot since an instant; one that is known to wait since an earlier one keeps that.
    ///
    /// - Parameters:
    ///   - schedule: the schedule that fired it.
    ///   - executor: what is to run it.
    ///   - isQueued: whether it has to wait for the end of an earlier run of that schedule.
    mutating func setPending(
        _ id: JobID, since instant: Timestamp, of schedule: JobID? = nil, on executor: Executor = .local,
        isQueued: Bool = false
    ) {
        let since = min(instant, waits[id]?.since ?? instant)
        remove(id)
        let waiting = Waiting(
            since: since, id: id, queuedBehind: isQueued ? schedule : nil, executor: executor)
        waits[id] = waiting
        let place = position(of: waiting)
        pending[executor, default: []].insert(waiting, at: place)
        schedules[id] = schedule
    }

    /// Tells since when jobs wait by a clock that was set: all of them by as many microseconds more or less.
    mutating func shiftPending(by microseconds: Int64) {
        pending = pending.mapValues { waiting in
            waiting.map {
                Waiting(
                    since: Timestamp(microseconds: $0.since.microseconds + microseconds), id: $0.id,
                    queuedBehind: $0.queuedBehind, executor: $0.executor)
            }
        }
        for waiting in pending.values.joined() { waits[waiting.id] = waiting }
    }

    /// Notes that a job waits for its next time.
    mutating func setScheduled(_ id: JobID, next: Timestamp) {
        remove(id)
        scheduled[id] = next
    }

    /// Notes that a shim is in charge of a job; `schedule` is the one that fired it.
    ///
    /// - Parameter isRemote: whether it is on another machine, or on its way there.
    mutating func setRunning(_ id: JobID, of schedule: JobID? = nil, isRemote: Bool = false) {
        let known = schedules[id]
        remove(id)
        running.insert(id)
        if isRemote { remote.insert(id) }
        schedules[id] = schedule ?? known
    }

    /// Forgets a job.
    mutating func remove(_ id: JobID) {
        if let waiting = waits.removeValue(forKey: id) {
            let place = position(of: waiting)
            pending[waiting.executor]?.remove(at: place)
        }
        scheduled[id] = nil
        running.remove(id)
        remote.remove(id)
        schedules[id] = nil
    }

    /// The first place in `pending` that does not come before a job.
    private func position(of waiting: Waiting) -> Int {
        let pending = pending[waiting.executor] ?? []
        var (low, high) = (0, pending.count)
        while low < high {
            let middle = (low + high) / 2
            if pending[middle] < waiting { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// All ids in the table.
    var ids: Set<JobID> {
        running.union(waits.keys).union(scheduled.keys)
    }

    /// How many run on this machine.
    var localCount: Int { running.count - remote.count }

    /// Whether any job waits for a slot.
    var hasPending: Bool { !waits.isEmpty }

    /// The job that has waited for an executor the longest, of those that do not have to wait for another one's end.
    func oldestPending(on executor: Executor) -> JobID? {
        pending[executor]?.first { $0.queuedBehind == nil || !isRunning(runOf: $0.queuedBehind) }?.id
    }

    private func isRunning(runOf schedule: JobID?) -> Bool {
        running.contains { schedules[$0] == schedule }
    }

    /// Whether a run of a schedule has not ended.
    func hasRun(of schedule: JobID) -> Bool {
        schedules.values.contains(schedule)
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
