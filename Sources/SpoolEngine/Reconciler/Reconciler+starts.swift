internal import Slurm
package import SpoolModel

/// The choice of the next job to start, and delays of starts.
extension Reconciler {
    /// Seconds until starts are tried again after one failed.
    private static let pause: Int64 = 5
    /// How many shims in a row may end without taking their jobs before all starts wait: such a shim probably cannot
    /// run.
    private static let mostInVain = 3
    /// How many jobs wait for `sbatch` at a time: with one, the thread would idle between calls; with all, later calls
    /// would wait for all of them.
    static let sbatchBacklog = 32

    /// The next due action, or nil. The caller reports its outcome before the next call; without a report the action is
    /// returned again later.
    ///
    /// - Parameter now: the same moment for all calls of one turn.
    package mutating func next(at now: Moment) -> Due? {
        guard !isHeld else { return nil }
        for id in vain.takeDue(at: now.steady) { jobs.unstall(id) }
        jobs.release(at: now.wall)
        if let due = stalls.nextLook, due <= now.wall {
            stalls.look(at: now.wall)
            return .code(stalls.projects)
        }
        if let id = jobs.firstDue(at: now.wall) {
            jobs.setScheduled(id, next: now.wall.adding(seconds: Reconciler.pause))
            return .fire(id)
        }
        if let instant = startsBlockedUntil {
            guard now.wall >= instant else { return nil }
            startsBlockedUntil = nil
        }
        if jobs.localCount < limits.slots, let id = jobs.next(on: .local) {
            jobs.stall(id)
            return .start(id)
        }
        guard let slots = limits.slurmSlots, now.steady >= sbatchBlockedUntil,
            slots == 0 || remote.count < slots, sbatchCalls.count < Reconciler.sbatchBacklog,
            let id = jobs.next(on: .slurm)
        else { return nil }
        jobs.stall(id)
        return .handOver(id)
    }

    /// When ``next(at:)`` may have an action if no event comes before; nil if it waits for events only.
    package func wake(at now: Moment) -> Timestamp? {
        var wake: Timestamp?
        func consider(_ instant: Timestamp?) {
            if let instant { wake = min(wake ?? instant, instant) }
        }
        if !unresolved.isEmpty { consider(now.wall.adding(seconds: 1)) }
        guard !isHeld else { return wake }
        consider(jobs.nextDue)
        consider(jobs.nextRelease)
        consider(stalls.nextLook)
        if jobs.hasPending { consider(startsBlockedUntil) }
        consider(vain.nextDue.map { now.wall.adding(microseconds: max(0, $0 - now.steady)) })
        if sbatchBlockedUntil > now.steady, jobs.mayHaveNext(on: .slurm) {
            consider(now.wall.adding(microseconds: sbatchBlockedUntil - now.steady))
        }
        return wake
    }

    /// Whether a job that comes now would be started at once on this machine, if no limit counts it.
    package var isIdle: Bool {
        !isHeld && startsBlockedUntil == nil && vainInRow == 0 && !jobs.hasPending && jobs.localCount < limits.slots
            && limits.starts.counts.isEmpty
    }

    /// Whether the jobs of a project wait for its code.
    package func isStalled(_ project: ProjectName) -> Bool { stalls.contains(project) }

    mutating func startFailed(_ id: JobID, _ obstacle: StartObstacle, at now: Moment) {
        switch obstacle {
        case .job: jobs.remove(id)
        case .project(let project):
            stalls.add(id, of: project, at: now.wall)
            jobs.stall(id)
        case .everything:
            jobs.unstall(id)
            startsBlockedUntil = now.wall.adding(seconds: Reconciler.pause)
        }
    }

    /// Delays this job alone, so that others can start. If several shims in a row end so, all starts wait: otherwise a
    /// shim that cannot run on this machine would be started as fast as it ends.
    mutating func startedInVain(_ id: JobID, at now: Moment) {
        guard jobs.isPending(id) else { return }
        _ = vain.note(id, "", at: now.steady)
        jobs.stall(id)
        vainInRow += 1
        guard vainInRow >= Reconciler.mostInVain else { return }
        startsBlockedUntil = now.wall.adding(seconds: 1)
    }

    mutating func unstall(_ id: JobID, at now: Moment) {
        if !vain.isPaused(id, at: now.steady) { jobs.unstall(id) }
    }
}
