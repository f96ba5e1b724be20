internal import Slurm
package import SpoolModel

/// All that the engine knows of the jobs that are not finished, and what follows from it.
///
/// A pure value: it reads nothing, writes nothing, and knows no clock. ``apply(_:at:)`` takes what was seen and tells what to
/// do with that job at once; ``next(at:)`` tells what is due. Whoever does it reports what came of it. All of it can be
/// forgotten at any moment and learnt again from the tree.
package struct Reconciler {
    /// An instant by both clocks.
    package struct Moment: Equatable {
        /// By the clock of the wall.
        package var wall: Timestamp
        /// Microseconds by the one that is never set.
        package var steady: Int64

        /// A moment.
        package init(wall: Timestamp, steady: Int64) {
            self.wall = wall
            self.steady = steady
        }
    }

    /// How many jobs may run.
    package struct Limits: Equatable {
        /// On this machine.
        package var slots: Int
        /// By Slurm: nil where there is none, 0 for as many as it takes.
        package var slurmSlots: Int?

        /// Limits for this machine and for Slurm.
        package init(slots: Int, slurmSlots: Int? = nil) {
            self.slots = slots
            self.slurmSlots = slurmSlots
        }
    }

    /// The jobs by what they wait for.
    package internal(set) var jobs = JobTable()
    /// Whether nothing is started, because the tree is a copy that nobody has released.
    package internal(set) var isHeld = false
    /// Running jobs whose shim has not said yet which process it is, and others that somebody has in hand.
    package internal(set) var unclear: Set<JobID> = []
    /// Jobs whose shim is watched.
    package internal(set) var watched: Set<JobID> = []
    /// How many jobs may run.
    package var limits = Limits(slots: 0)

    /// Jobs that this engine has started a shim for.
    var attempted: Set<JobID> = []
    /// Jobs whose shims have ended before they took them: each waits by itself.
    var vain = Troubles<JobID>(longest: 60_000_000)
    /// How many such ends there were one after the other.
    var vainInRow = 0
    /// No start before this, after one could not be made.
    package internal(set) var startsBlockedUntil: Timestamp?
    /// Projects whose code cannot be used for now.
    var stalls = Stalls()
    /// Since when the clock goes on as it does.
    var clockBegan: Timestamp
    /// Jobs in Slurm's hands.
    var remote = RemoteJobs()
    /// Those of them that `sbatch` works on, or will.
    var submissions: Set<JobID> = []
    /// Nothing is handed to Slurm before this instant of the steady clock.
    var submissionsBlockedUntil: Int64 = 0

    /// Knows no job yet.
    package init(at now: Timestamp) {
        clockBegan = now
    }

    /// Takes an event, and gives what is to be done with its job.
    package mutating func apply(_ event: Event, at now: Moment) -> [Effect] {
        switch event {
        case .saw(let id, let sight): return saw(id, sight, at: now)
        case .seized(let id, let sight): return seized(id, sight, at: now)
        case .planned(_, let status): return planned(status)
        case .released(_, let status): return [.publish(status)]
        case .came(let id, let sight, let times, let next): return came(id, sight, times, next)
        case .projectGone(_, let status):
            return [.finish(ended(status, as: .failed, because: "no-project"))]
        case .claimed(let id, _, let isOurs, let sight):
            return claimed(id, isOurs: isOurs, sight, at: now)
        case .revoked(let id, let attempt, let sight): return revoked(id, attempt, sight, at: now)
        case .handedOver(let id, let attempt):
            jobs.setRunning(id, isRemote: true)
            return submit(id, attempt)
        case .probed(let id, let attempt, let sight, let patience):
            return probed(id, attempt, sight, patience, at: now)
        default:
            note(event, at: now)
            return []
        }
    }

    /// Takes an event from which nothing follows at once.
    private mutating func note(_ event: Event, at now: Moment) {
        switch event {
        case .busy(let id):
            if !jobs.running.contains(id) { jobs.remove(id) }
            unclear.insert(id)
        case .settled(let id), .gone(let id): forget(id)
        case .outOfSight(let id): if !watched.contains(id) { jobs.remove(id) }
        case .watching(let id):
            watched.insert(id)
            unclear.remove(id)
        case .shimEnded(let id): watched.remove(id)
        case .started(let id):
            jobs.setRunning(id)
            attempted.insert(id)
        case .startFailed(let id, let obstacle): startFailed(id, obstacle, at: now)
        case .startedInVain(let id): startedInVain(id, at: now)
        case .codeIsBack(let project): for id in stalls.end(project) { unstall(id, at: now) }
        case .projectsChanged: stalls.look(at: now.wall, isDue: true)
        case .submitted(let id, let attempt, let isAccepted, let instant):
            submissions.remove(id)
            remote.endHandOver(of: id, attempt, isAccepted: isAccepted, at: instant)
            if !isAccepted { submissionsBlockedUntil = now.steady + Reconciler.refusalPause }
        case .listed(let listing, let begun): remote.take(listing, begunAt: begun)
        case .clockSetBack(let microseconds):
            clockBegan = now.wall
            jobs.shiftPending(by: -microseconds)
            startsBlockedUntil = nil
        case .held(let isHeld): self.isHeld = isHeld
        case .saw, .seized, .planned, .released, .came, .projectGone, .claimed, .revoked, .handedOver,
            .probed:
            break
        }
    }

    private mutating func forget(_ id: JobID) {
        if vain.clear(id) || attempted.contains(id) { vainInRow = 0 }
        jobs.remove(id)
        remote.remove(id)
        submissions.remove(id)
        unclear.remove(id)
        attempted.remove(id)
    }
}
