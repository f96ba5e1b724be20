package import Slurm
package import SpoolModel

extension Reconciler {
    /// Something that was seen, or came of what was done.
    package enum Event {
        /// The files of a job were read.
        case saw(JobID, JobSight)
        /// They were read by the engine while it has the job's lock: nobody else can change them now.
        case seized(JobID, JobSight)
        /// Somebody else has the job in hand for a moment.
        case busy(JobID)
        /// A job is in no list any more: its last status is on the disk.
        case settled(JobID)
        /// A job's directory is gone.
        case gone(JobID)
        /// A job cannot be read for now, or is not marked as active any more.
        case outOfSight(JobID)
        /// The end of a job's shim is waited for.
        case watching(JobID)
        /// A job's shim has ended.
        case shimEnded(JobID)

        /// A job's shim was let go.
        case started(JobID)
        /// A start, or a submission, that was due could not be made.
        case startFailed(JobID, StartObstacle)
        /// A job's shim has ended before it took the job, and nobody knows why.
        case startedInVain(JobID)
        /// The project of a job that was due is gone.
        case projectGone(JobID, JobStatus)
        /// The code of a project can be used again, or will never be.
        case codeIsBack(ProjectName)
        /// A project was changed.
        case projectsChanged

        /// The next time of a schedule was found, or that there is none, for its status.
        case planned(JobID, JobStatus)
        /// The time has come of a job that is to run once: its status as one that waits for a slot.
        case released(JobID, JobStatus)
        /// Times of a schedule have come: those of the runs to make, and its status with the time after them.
        case came(JobID, JobSight, times: [Timestamp], next: JobStatus)

        /// The status of an attempt was published that Slurm is to run.
        case handedOver(JobID, attempt: String)
        /// `sbatch` came back, or could not be called.
        case submitted(JobID, attempt: String, isAccepted: Bool, at: Int64)
        /// Slurm's jobs were listed, beginning at an instant of the steady clock.
        case listed(SlurmListing, begun: Int64)
        /// The directory was looked into of a job that Slurm does not know. Patience is in microseconds.
        case probed(JobID, attempt: String, RemoteJobs.Sight, patience: Int64)
        /// The engine has tried to claim an attempt, to cancel it.
        case claimed(JobID, attempt: String, isOurs: Bool, JobSight)
        /// An attempt can write no status any more.
        case revoked(JobID, attempt: String, JobSight)

        /// The clock was set back by so many microseconds.
        case clockSetBack(Int64)
        /// The spool is a copy that is held, or is none.
        case held(Bool)
    }

    /// What stands in the way of a start.
    package enum StartObstacle: Equatable {
        /// Something of the job's own: it is left out until the next look at everything.
        case job
        /// The code of its project cannot be used.
        case project(ProjectName)
        /// Nothing can be started: the shim is missing, the disk is full, no process is to be had.
        case everything
    }

    /// What is to be done with a job, in this order, before anything else is.
    package enum Effect: Equatable {
        /// Read it again, and report what was seen.
        case look
        /// Take its lock if nobody has it, read it again, and report it as seized.
        case seize
        /// The same, and where a shim has the lock wait for its end.
        case adopt(JobStatus)
        /// See to it that its status is on the disk.
        case flush
        /// Take it off all lists, as its last status is on the disk.
        case settle
        /// Publish its last status, and settle it.
        case finish(JobStatus)
        /// Publish a status with which it goes on, and report it as seen.
        case publish(JobStatus)
        /// Find the next time of a schedule.
        case plan
        /// Make the run of a schedule that was due at an instant, and look at it.
        case makeRun(due: Timestamp)
        /// Start a shim that waits for the processes that the lost one left.
        case watchSurvivors
        /// Tell its shim to end it, once.
        case signal
        /// Find out why its shim ended before it took it.
        case explain
        /// Claim an attempt, so that nobody starts it any more.
        case claim(attempt: String)
        /// Take the right to write the status away from an attempt.
        case revoke(attempt: String)
        /// Hand an attempt to Slurm.
        case submit(attempt: String)
        /// Tell Slurm to end an attempt.
        case withdraw(attempt: String)
        /// Say something in the log.
        case log(Remark)
    }

    /// What is worth a line in the log.
    package enum Remark: Equatable {
        case requeued(wasTerminated: Bool)
        case adoptedFromSlurm(attempt: String)
        case submittedAgain(failures: Int)
        case skippedRun
    }

    /// What is due, one thing at a time: what comes of it decides about the next.
    package enum Due: Equatable {
        /// Look whether the code of projects is back.
        case code([ProjectName])
        /// Fire a schedule whose time has come.
        case fire(JobID)
        /// Start a job on this machine.
        case start(JobID)
        /// Hand a job to Slurm.
        case handOver(JobID)
    }
}
