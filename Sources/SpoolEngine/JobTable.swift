package import SpoolModel

/// The unfinished jobs, as the engine last saw them. A pure table: it decides nothing and reads nothing. The queries of
/// each turn of the engine take O(log n) at most for n jobs.
package struct JobTable {
    /// A job that waits for a slot.
    private struct Waiting {
        /// Since when.
        var since: Timestamp
        /// Its queue.
        let line: Line
    }

    /// A queue of jobs, the longest waiting first.
    private struct Line: Hashable {
        /// The executor of its jobs.
        let executor: Executor
        /// The schedule whose earlier run must end first, if its runs are queued.
        let schedule: JobID?
    }

    private var waiting: [JobID: Waiting] = [:]
    /// The jobs by executor that need not wait for another job. Of a line with a schedule that is the first job, while
    /// no run of the schedule is running.
    private var ready: [Executor: Ordered<JobID, Timestamp>] = [:]
    /// The lines with a schedule.
    private var queues: [Line: Ordered<JobID, Timestamp>] = [:]
    private var due = Ordered<JobID, Timestamp>()
    /// The jobs that run, or were handed over to Slurm.
    package private(set) var running: Set<JobID> = []
    /// Those of them that Slurm runs, or will run.
    private var remote: Set<JobID> = []
    /// The pending jobs that cannot be started for now. They keep their places in the queue.
    private var stalled: Set<JobID> = []
    /// The schedules of the unfinished runs, by run.
    private var schedules: [JobID: JobID] = [:]
    /// How many runs of a schedule have not ended, and how many of these are running.
    private var runs: [JobID: (all: Int, running: Int)] = [:]

    /// No jobs.
    package init() {}

    /// Notes that a job has waited for a slot since an instant. If an earlier instant is known, that is kept.
    ///
    /// - Parameters:
    ///   - schedule: the schedule that fired it.
    ///   - executor: its executor.
    ///   - isQueued: whether it has to wait for the end of an earlier run of that schedule.
    package mutating func setPending(
        _ id: JobID, since instant: Timestamp, of schedule: JobID? = nil, on executor: Executor = .local,
        isQueued: Bool = false
    ) {
        let since = min(instant, waiting[id]?.since ?? instant)
        remove(id)
        let line = Line(executor: executor, schedule: isQueued ? schedule : nil)
        waiting[id] = Waiting(since: since, line: line)
        note(id, runOf: schedule)
        stand(id, since: since, in: line)
    }

    /// Shifts the times since which jobs wait, because the clock was set.
    package mutating func shiftPending(by microseconds: Int64) {
        ready = [:]
        queues = [:]
        for (id, var waiting) in waiting {
            waiting.since = waiting.since.adding(microseconds: microseconds)
            self.waiting[id] = waiting
            if !stalled.contains(id) { stand(id, since: waiting.since, in: waiting.line) }
        }
    }

    /// Excludes a pending job from starts until it is noted again or ``unstall(_:)`` is called.
    package mutating func stall(_ id: JobID) {
        guard let line = waiting[id]?.line, stalled.insert(id).inserted else { return }
        leave(id, line)
    }

    /// Includes a pending job in starts again, at its old place in the queue.
    package mutating func unstall(_ id: JobID) {
        guard stalled.remove(id) != nil, let waiting = waiting[id] else { return }
        stand(id, since: waiting.since, in: waiting.line)
    }

    /// Notes that a job waits for its next time.
    package mutating func setScheduled(_ id: JobID, next: Timestamp) {
        remove(id)
        due[id] = next
    }

    /// Notes that a job runs or was handed over to Slurm; `schedule` is the one that fired it.
    ///
    /// - Parameter isRemote: whether Slurm runs the job, or will.
    package mutating func setRunning(_ id: JobID, of schedule: JobID? = nil, isRemote: Bool = false) {
        let known = schedules[id]
        remove(id)
        running.insert(id)
        if isRemote { remote.insert(id) }
        note(id, runOf: schedule ?? known)
    }

    /// Forgets a job.
    package mutating func remove(_ id: JobID) {
        if let waiting = waiting.removeValue(forKey: id) {
            leave(id, waiting.line)
        }
        due[id] = nil
        stalled.remove(id)
        let wasRunning = running.remove(id) != nil
        remote.remove(id)
        guard let schedule = schedules.removeValue(forKey: id), var count = runs[schedule] else { return }
        count.all -= 1
        if wasRunning { count.running -= 1 }
        runs[schedule] = count.all > 0 ? count : nil
        if wasRunning { offerRuns(of: schedule) }
    }

    private mutating func note(_ id: JobID, runOf schedule: JobID?) {
        guard let schedule else { return }
        schedules[id] = schedule
        var count = runs[schedule] ?? (0, 0)
        count.all += 1
        let isRunning = running.contains(id)
        if isRunning { count.running += 1 }
        runs[schedule] = count
        if isRunning { offerRuns(of: schedule) }
    }

    // MARK: Lines

    private mutating func stand(_ id: JobID, since: Timestamp, in line: Line) {
        guard line.schedule != nil else {
            ready[line.executor, default: Ordered()][id] = since
            return
        }
        let first = queues[line]?.first?.key
        queues[line, default: Ordered()][id] = since
        if let first, queues[line]?.first?.key != first { ready[line.executor]?[first] = nil }
        offer(line)
    }

    private mutating func leave(_ id: JobID, _ line: Line) {
        ready[line.executor]?[id] = nil
        queues[line]?[id] = nil
        if queues[line]?.isEmpty == true { queues[line] = nil }
        offer(line)
    }

    private mutating func offerRuns(of schedule: JobID) {
        for executor in Executor.allCases { offer(Line(executor: executor, schedule: schedule)) }
    }

    /// Makes the first job of a line with a schedule ready, unless a run of the schedule is running.
    private mutating func offer(_ line: Line) {
        guard let schedule = line.schedule, let first = queues[line]?.first else { return }
        let isFree = (runs[schedule]?.running ?? 0) == 0
        ready[line.executor, default: Ordered()][first.key] = isFree ? first.rank : nil
    }

    // MARK: Questions

    /// All ids in the table.
    package var ids: Set<JobID> { running.union(waiting.keys).union(due.keys) }

    /// The jobs that wait for their next time.
    package var scheduled: [JobID] { due.keys.sorted() }

    /// How many run on this machine.
    package var localCount: Int { running.count - remote.count }

    /// Whether any job waits for a slot.
    package var hasPending: Bool { !waiting.isEmpty }

    /// The job that has waited for an executor the longest, of those that need not wait for another job.
    package func oldestPending(on executor: Executor) -> JobID? { ready[executor]?.first?.key }

    /// Whether a run of a schedule has not ended.
    package func hasRun(of schedule: JobID) -> Bool { runs[schedule] != nil }

    /// When the next scheduled job is due.
    package var nextDue: Timestamp? { due.first?.rank }

    /// The scheduled job whose time has come first.
    package func firstDue(at now: Timestamp) -> JobID? {
        due.first.flatMap { $0.rank <= now ? $0.key : nil }
    }

    /// Whether a job waits for a slot.
    package func isPending(_ id: JobID) -> Bool { waiting[id] != nil }
}
