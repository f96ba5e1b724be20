internal import Slurm
package import SpoolModel

/// What starts next, and what keeps it from starting.
extension Reconciler {
    /// Seconds until starts are tried again after none could be made.
    private static let pause: Int64 = 5
    /// How many shims may end in vain one after the other before all starts wait: such a shim runs nowhere.
    private static let mostInVain = 3
    /// How many jobs wait for `sbatch` at a time: one has nothing to wait for, all would block out what comes later.
    static let submissionBacklog = 32

    /// What is due, or nil. What comes of it is to be reported before this is asked again; where nothing is, it comes again
    /// after a while.
    ///
    /// - Parameter now: the same for all that is due at a time.
    package mutating func next(at now: Moment) -> Due? {
        guard !isHeld else { return nil }
        for id in vain.takeDue(at: now.steady) { jobs.unstall(id) }
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
        if jobs.localCount < limits.slots, let id = jobs.oldestPending(on: .local) {
            jobs.stall(id)
            return .start(id)
        }
        guard let slots = limits.slurmSlots, now.steady >= submissionsBlockedUntil,
            slots == 0 || remote.count < slots, submissions.count < Reconciler.submissionBacklog,
            let id = jobs.oldestPending(on: .slurm)
        else { return nil }
        jobs.stall(id)
        return .handOver(id)
    }

    /// When ``next(at:)`` may have something if nothing happens before; nil where it waits for events only.
    package func wake(at now: Moment) -> Timestamp? {
        var wake: Timestamp?
        func consider(_ instant: Timestamp?) {
            if let instant { wake = min(wake ?? instant, instant) }
        }
        if !unclear.isEmpty { consider(now.wall.adding(seconds: 1)) }
        guard !isHeld else { return wake }
        consider(jobs.nextDue)
        consider(stalls.nextLook)
        if jobs.hasPending { consider(startsBlockedUntil) }
        consider(vain.nextDue.map { now.wall.adding(microseconds: max(0, $0 - now.steady)) })
        if submissionsBlockedUntil > now.steady, jobs.oldestPending(on: .slurm) != nil {
            consider(now.wall.adding(microseconds: submissionsBlockedUntil - now.steady))
        }
        return wake
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

    /// The job waits for a while of its own, so that it keeps no other one waiting. Where none is taken, all wait: without a
    /// pause, a shim that cannot run on this machine would be started as fast as it ends.
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
