package import SpoolModel

/// The unfinished jobs, as the engine last saw them. A pure table: it decides nothing and reads nothing. The queries of
/// each turn of the engine take O(log n) at most for n jobs, on average: a job that a limit holds back is passed over once,
/// and waits beside that limit from then on.
package struct JobTable {
    /// A job's place in the order of starts: the lowest is the first.
    package struct Rank: Comparable {
        var level: Int
        /// The client's priority, which decides within a level: the higher one is first.
        var weight = 0.0
        var time: Timestamp

        package static func < (one: Rank, other: Rank) -> Bool {
            (one.level, -one.weight, one.time) < (other.level, -other.weight, other.time)
        }
    }

    /// A job that waits for a slot.
    struct Waiting {
        /// Since when.
        var since: Timestamp
        let priority: Int
        /// Decides between jobs of that priority.
        let weight: Double
        /// Whether it goes before other runs of its schedule, as a retry does.
        let isRetry: Bool
        /// Its queue.
        let line: Line
        /// Its place among all jobs.
        var rank: Rank

        /// Its place among the runs of its schedule.
        var rankInLine: Rank { isRetry ? Rank(level: .min, time: since) : rank }
    }

    /// A queue of jobs, the longest waiting first.
    struct Line: Hashable {
        /// The executor of its jobs.
        let executor: Executor
        /// The schedule whose earlier run must end first, if its runs are queued.
        let schedule: JobID?
    }

    /// What jobs wait for beside a limit.
    struct Barrier: Hashable {
        let executor: Executor
        let subject: StartLimits.Subject
    }

    var waiting: [JobID: Waiting] = [:]
    /// The jobs by executor that need not wait for another job. Of a line with a schedule that is the first job, while
    /// no run of the schedule is running. Some of them may have to wait for a limit, which shows when they are chosen.
    var ready: [Executor: Ordered<JobID, Rank>] = [:]
    /// The jobs that a limit has held back, and beside which of their limits each waits.
    var heldBack: [Barrier: Ordered<JobID, Rank>] = [:]
    var barriers: [JobID: StartLimits.Subject] = [:]
    /// The limits that have room again, with the rank of the first job that waits there.
    var open: [Executor: Ordered<StartLimits.Subject, Rank>] = [:]
    /// How many jobs run, by what limits count.
    var used: [StartLimits.Subject: Int] = [:]
    /// The limits that count a job.
    var subjects: [JobID: [StartLimits.Subject]] = [:]
    var limits = StartLimits()
    /// The lines with a schedule.
    private var queues: [Line: Ordered<JobID, Rank>] = [:]
    private var due = Ordered<JobID, Timestamp>()
    /// The pending jobs whose time has not come.
    private var later = Ordered<JobID, Timestamp>()
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
    ///   - isRetry: whether it goes before other runs of that schedule.
    ///   - priority: a higher one starts first.
    ///   - weight: decides between jobs of a priority, no NaN: a higher one starts first.
    ///   - notBefore: before this it does not start, and the queued runs of its schedule do not either. If an earlier
    ///     instant is known, that is kept.
    ///   - subjects: the limits that count it.
    package mutating func setPending(
        _ id: JobID, since instant: Timestamp, of schedule: JobID? = nil, on executor: Executor = .local,
        isQueued: Bool = false, isRetry: Bool = false, priority: Int = JobOptions.normalPriority,
        weight: Double = 0, notBefore: Timestamp? = nil, subjects: [StartLimits.Subject] = []
    ) {
        let since = min(instant, waiting[id]?.since ?? instant)
        let notBefore = notBefore.map { new in
            // A time that has come has no entry.
            waiting[id] == nil ? new : min(new, later[id] ?? Timestamp(microseconds: .min))
        }
        remove(id)
        let line = Line(executor: executor, schedule: isQueued ? schedule : nil)
        waiting[id] = Waiting(
            since: since, priority: priority, weight: weight, isRetry: isRetry, line: line,
            rank: rank(since: since, priority, weight))
        later[id] = notBefore
        self.subjects[id] = subjects.isEmpty ? nil : subjects
        note(id, runOf: schedule)
        stand(id)
    }

    /// A job of a higher priority counts as if it had waited longer, by the time for which a job gains one priority.
    private func rank(since: Timestamp, _ priority: Int, _ weight: Double) -> Rank {
        guard limits.aging > 0 else { return Rank(level: -priority, weight: weight, time: since) }
        return Rank(
            level: 0, weight: weight,
            time: since.adding(seconds: -Int64(limits.aging).multipliedSaturating(by: Int64(priority))))
    }

    /// Shifts the times since which jobs wait, because the clock was set.
    package mutating func shiftPending(by microseconds: Int64) {
        for (id, var waiting) in waiting {
            waiting.since = waiting.since.adding(microseconds: microseconds)
            self.waiting[id] = waiting
            if let instant = later[id] { later[id] = instant.adding(microseconds: microseconds) }
        }
        standAnew()
    }

    /// Changes the limits and the order of starts. The limits that count a job are noted with it.
    package mutating func setLimits(_ limits: StartLimits) {
        guard limits != self.limits else { return }
        self.limits = limits
        standAnew()
    }

    private mutating func standAnew() {
        ready = [:]
        queues = [:]
        heldBack = [:]
        barriers = [:]
        open = [:]
        for (id, var waiting) in waiting {
            waiting.rank = rank(since: waiting.since, waiting.priority, waiting.weight)
            self.waiting[id] = waiting
            stand(id)
        }
    }

    /// Excludes a pending job from starts until it is noted again or ``unstall(_:)`` is called.
    package mutating func stall(_ id: JobID) {
        guard let line = waiting[id]?.line, stalled.insert(id).inserted else { return }
        leave(id, line)
    }

    /// Includes a pending job in starts again, at its old place in the queue.
    package mutating func unstall(_ id: JobID) {
        guard stalled.remove(id) != nil else { return }
        stand(id)
    }

    /// Includes the pending jobs whose time has come.
    package mutating func release(at now: Timestamp) {
        while let (id, instant) = later.first, instant <= now {
            later[id] = nil
            if let line = waiting[id]?.line, !stalled.contains(id) {
                if line.schedule == nil { offer(id) } else { offer(line) }
            }
        }
    }

    /// Notes that a job waits for its next time.
    package mutating func setScheduled(_ id: JobID, next: Timestamp) {
        remove(id)
        due[id] = next
    }

    /// Notes that a job runs or was handed over to Slurm.
    ///
    /// - Parameters:
    ///   - schedule: the one that fired it; nil if it is known.
    ///   - isRemote: whether Slurm runs the job, or will.
    ///   - subjects: the limits that count it; nil if they are known.
    package mutating func setRunning(
        _ id: JobID, of schedule: JobID? = nil, isRemote: Bool = false, subjects: [StartLimits.Subject]? = nil
    ) {
        let known = schedules[id]
        let counted = subjects ?? self.subjects[id] ?? []
        remove(id)
        running.insert(id)
        if isRemote { remote.insert(id) }
        self.subjects[id] = counted.isEmpty ? nil : counted
        for subject in counted { count(subject, by: 1) }
        note(id, runOf: schedule ?? known)
    }

    /// Forgets a job.
    package mutating func remove(_ id: JobID) {
        later[id] = nil
        if let waiting = waiting.removeValue(forKey: id) {
            withdraw(id, on: waiting.line.executor)
            leave(id, waiting.line)
        }
        due[id] = nil
        stalled.remove(id)
        let wasRunning = running.remove(id) != nil
        remote.remove(id)
        for subject in subjects.removeValue(forKey: id) ?? [] where wasRunning { count(subject, by: -1) }
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

    private mutating func stand(_ id: JobID) {
        guard let waiting = waiting[id], !stalled.contains(id) else { return }
        let line = waiting.line
        guard line.schedule != nil else { return offer(id) }
        let first = queues[line]?.first?.key
        queues[line, default: Ordered()][id] = waiting.rankInLine
        if let first, queues[line]?.first?.key != first { withdraw(first, on: line.executor) }
        offer(line)
    }

    private mutating func leave(_ id: JobID, _ line: Line) {
        withdraw(id, on: line.executor)
        queues[line]?[id] = nil
        if queues[line]?.isEmpty == true { queues[line] = nil }
        offer(line)
    }

    private mutating func offerRuns(of schedule: JobID) {
        for executor in Executor.allCases { offer(Line(executor: executor, schedule: schedule)) }
    }

    /// Offers the first job of a line with a schedule, unless a run of the schedule is running.
    private mutating func offer(_ line: Line) {
        guard let schedule = line.schedule, let first = queues[line]?.first?.key else { return }
        let isFree = (runs[schedule]?.running ?? 0) == 0
        if isFree { offer(first) } else { withdraw(first, on: line.executor) }
    }

    private mutating func offer(_ id: JobID) {
        guard later[id] == nil else { return }
        place(id)
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

    /// Whether a run of a schedule has not ended.
    package func hasRun(of schedule: JobID) -> Bool { runs[schedule] != nil }

    /// How many runs of a schedule wait.
    package func waitingRuns(of schedule: JobID) -> Int { runs[schedule].map { $0.all - $0.running } ?? 0 }

    /// When the next scheduled job is due.
    package var nextDue: Timestamp? { due.first?.rank }

    /// When the next pending job may start whose time has not come.
    package var nextRelease: Timestamp? { later.first?.rank }

    /// The scheduled job whose time has come first.
    package func firstDue(at now: Timestamp) -> JobID? {
        due.first.flatMap { $0.rank <= now ? $0.key : nil }
    }

    /// Whether a job waits for a slot.
    package func isPending(_ id: JobID) -> Bool { waiting[id] != nil }

    /// Whether a job is in the table.
    package func contains(_ id: JobID) -> Bool { running.contains(id) || waiting[id] != nil || due[id] != nil }
}
