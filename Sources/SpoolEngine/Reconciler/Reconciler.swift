internal import Slurm
package import SpoolModel

/// The state machine of the unfinished jobs.
///
/// A pure value: it reads nothing, writes nothing, and has no clock. ``apply(_:at:)`` takes an event and returns the
/// effects on its job, which the caller performs at once; ``next(at:)`` returns a due action. The caller reports the
/// outcomes as events. The whole state can be discarded at any moment and built again from the tree.
package struct Reconciler {
    /// An instant by both clocks.
    package struct Moment: Equatable {
        /// By the wall clock.
        package var wall: Timestamp
        /// Microseconds by the steady clock, which is never set.
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
        /// By Slurm: nil without Slurm, 0 for any number.
        package var slurmSlots: Int?
        /// Of projects, spiders and tags.
        package var starts: StartLimits

        /// Limits for this machine and for Slurm.
        package init(slots: Int, slurmSlots: Int? = nil, starts: StartLimits = StartLimits()) {
            self.slots = slots
            self.slurmSlots = slurmSlots
            self.starts = starts
        }
    }

    /// The jobs by state.
    package internal(set) var jobs = JobTable()
    /// Whether starts are suspended, because the tree is a copy that was not released, or may be one.
    package internal(set) var isHeld = false
    /// Jobs to read again soon: another process has the lock, or the shim cannot be watched, as before it writes its
    /// pid.
    package internal(set) var unresolved: Set<JobID> = []
    /// Jobs whose shim is watched.
    package internal(set) var watched: Set<JobID> = []
    /// How many jobs may run.
    package var limits = Limits(slots: 0) {
        didSet { jobs.setLimits(limits.starts) }
    }

    /// Jobs that this engine has started a shim for.
    var attempted: Set<JobID> = []
    /// Jobs whose shims ended before they took them. Each has a delay of its own.
    var vain = Troubles<JobID>(longest: 60_000_000)
    /// How many shims in a row ended so.
    var vainInRow = 0
    /// When a shim was last started for the processes that a lost one left, by the steady clock.
    var survivorWatches: [JobID: Int64] = [:]
    /// No start before this, after one failed.
    package internal(set) var startsBlockedUntil: Timestamp?
    /// Projects whose code cannot be used for now.
    var stalls = Stalls()
    /// When the clock was last set back, or the engine began.
    var clockBegan: Timestamp
    /// Jobs in Slurm's hands.
    var remote = RemoteJobs()
    /// Those of them whose call of `sbatch` is queued or under way.
    var sbatchCalls: Set<JobID> = []
    /// No job is handed to Slurm before this instant of the steady clock.
    var sbatchBlockedUntil: Int64 = 0

    /// Knows no job yet.
    package init(at now: Timestamp) {
        clockBegan = now
    }

    /// Applies an event, and returns the effects on its job.
    package mutating func apply(_ event: Event, at now: Moment) -> [Effect] {
        switch event {
        case .saw(let id, let sight): return saw(id, sight, at: now)
        case .ended(_, let sight): return ended(sight)
        case .seized(let id, let sight): return seized(id, sight, at: now)
        case .planned(_, let status): return planned(status)
        case .released(_, let status): return [.publish(status)]
        case .came(let id, let sight, let times, let next): return came(id, sight, times, next)
        case .codeGone(_, let status, let reason):
            return [.finish(ended(status, as: .failed, because: reason))]
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

    /// Applies an event that has no effects.
    private mutating func note(_ event: Event, at now: Moment) {
        switch event {
        case .busy(let id):
            if !jobs.running.contains(id) { jobs.remove(id) }
            unresolved.insert(id)
        case .settled(let id), .gone(let id): forget(id)
        case .outOfSight(let id): if !watched.contains(id) { jobs.remove(id) }
        case .watching(let id):
            watched.insert(id)
            unresolved.remove(id)
        case .shimEnded(let id): watched.remove(id)
        case .started(let id):
            jobs.setRunning(id)
            attempted.insert(id)
        case .startFailed(let id, let obstacle): startFailed(id, obstacle, at: now)
        case .startedInVain(let id): startedInVain(id, at: now)
        case .codeIsBack(let project): for id in stalls.end(project) { unstall(id, at: now) }
        case .projectsChanged: stalls.look(at: now.wall, isDue: true)
        case .submitted(let id, let attempt, let isAccepted, let instant):
            sbatchCalls.remove(id)
            remote.endHandOver(of: id, attempt, isAccepted: isAccepted, at: instant)
            if !isAccepted { sbatchBlockedUntil = now.steady + Reconciler.refusalPause }
        case .listed(let listing, let begun): remote.take(listing, begunAt: begun)
        case .clockSetBack(let microseconds):
            clockBegan = now.wall
            jobs.shiftPending(by: -microseconds)
            stalls.look(at: now.wall, isDue: true)
            startsBlockedUntil = nil
        case .held(let isHeld): self.isHeld = isHeld
        case .saw, .ended, .seized, .planned, .released, .came, .codeGone, .claimed, .revoked, .handedOver,
            .probed:
            break
        }
    }

    /// Whether a job is in the job table, watched, or to be read again.
    package func knows(_ id: JobID) -> Bool {
        jobs.contains(id) || watched.contains(id) || unresolved.contains(id)
    }

    private mutating func forget(_ id: JobID) {
        if vain.clear(id) || attempted.contains(id) { vainInRow = 0 }
        jobs.remove(id)
        remote.remove(id)
        sbatchCalls.remove(id)
        unresolved.remove(id)
        attempted.remove(id)
        survivorWatches[id] = nil
    }
}
