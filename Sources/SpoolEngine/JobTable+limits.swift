package import SpoolModel

/// The choice of a job among those that need not wait for another one, and the limits that hold some of them back.
extension JobTable {
    /// Puts a job where it waits for its start: among the ready ones, or beside a limit without room.
    mutating func place(_ id: JobID) {
        guard let waiting = waiting[id] else { return }
        let executor = waiting.line.executor
        withdraw(id, on: executor)
        guard let subject = fullLimit(of: id) else {
            ready[executor, default: Ordered()][id] = waiting.rank
            return
        }
        let barrier = Barrier(executor: executor, subject: subject)
        barriers[id] = subject
        heldBack[barrier, default: Ordered()][id] = waiting.rank
        refresh(barrier)
    }

    /// Takes a job away from there.
    mutating func withdraw(_ id: JobID, on executor: Executor) {
        ready[executor]?[id] = nil
        guard let subject = barriers.removeValue(forKey: id) else { return }
        let barrier = Barrier(executor: executor, subject: subject)
        heldBack[barrier]?[id] = nil
        if heldBack[barrier]?.isEmpty == true { heldBack[barrier] = nil }
        refresh(barrier)
    }

    /// Counts a running job more or less.
    mutating func count(_ subject: StartLimits.Subject, by difference: Int) {
        let number = (used[subject] ?? 0) + difference
        used[subject] = number > 0 ? number : nil
        for executor in Executor.allCases { refresh(Barrier(executor: executor, subject: subject)) }
    }

    /// The first limit without room that counts a job.
    private func fullLimit(of id: JobID) -> StartLimits.Subject? {
        subjects[id]?.first { !hasRoom($0) }
    }

    private func hasRoom(_ subject: StartLimits.Subject) -> Bool {
        limits.counts[subject].map { (used[subject] ?? 0) < $0 } ?? true
    }

    /// Offers the first of the jobs that wait beside a limit, if that has room.
    private mutating func refresh(_ barrier: Barrier) {
        let first = hasRoom(barrier.subject) ? heldBack[barrier]?.first?.rank : nil
        guard first != nil || open[barrier.executor] != nil else { return }
        open[barrier.executor, default: Ordered()][barrier.subject] = first
    }

    /// The job to start next on an executor: the first by rank that need not wait, neither for another job nor for a limit.
    /// It stays where it is.
    package mutating func next(on executor: Executor) -> JobID? {
        // Each round moves a job beside a limit without room, where it is not found again.
        while let id = candidate(on: executor) {
            guard fullLimit(of: id) != nil else { return id }
            place(id)
        }
        return nil
    }

    private func candidate(on executor: Executor) -> JobID? {
        let first = ready[executor]?.first
        guard let (subject, rank) = open[executor]?.first,
            let waiting = heldBack[Barrier(executor: executor, subject: subject)]?.first?.key
        else { return first?.key }
        guard let first else { return waiting }
        return (first.rank, first.key) < (rank, waiting) ? first.key : waiting
    }

    /// How many jobs would be looked at to find one that may start, at most.
    package func readyCount(on executor: Executor) -> Int { ready[executor]?.count ?? 0 }

    /// Whether there may be a job to start on an executor.
    package func mayHaveNext(on executor: Executor) -> Bool { candidate(on: executor) != nil }
}
