package import Slurm
package import SpoolModel

extension Reconciler {
    /// An observation, or the outcome of an action.
    package enum Event {
        /// The files of a job were read.
        case saw(JobID, JobSight)
        /// The engine has written the final status of a job, which is on the disk.
        case ended(JobID, JobSight)
        /// The files of a job were read under the job's lock, so no other process can change them now.
        case seized(JobID, JobSight)
        /// Another process has the job's lock, or its shim cannot be watched. The job is read again soon.
        case busy(JobID)
        /// A finished job can leave all lists: its last status is on the disk.
        case settled(JobID)
        /// A job's directory is gone.
        case gone(JobID)
        /// A job cannot be read for now, or is not marked as active any more.
        case outOfSight(JobID)
        /// The engine waits for the end of a job's shim.
        case watching(JobID)
        /// A job's shim has ended.
        case shimEnded(JobID)

        /// A job's shim got its start signal.
        case started(JobID)
        /// A start, or a submission, that was due could not be made.
        case startFailed(JobID, StartObstacle)
        /// A job's shim ended before it took the job, for an unknown reason.
        case startedInVain(JobID)
        /// The project of a job that was due is gone.
        case codeGone(JobID, JobStatus, because: String)
        /// The code of a project can be used again, or will never be.
        case codeIsBack(ProjectName)
        /// A project was changed.
        case projectsChanged

        /// The status of a schedule with its next time, or with none if there is none.
        case planned(JobID, JobStatus)
        /// The time of a one-time job has come: its pending status.
        case released(JobID, JobStatus)
        /// A schedule fired: the due times of the runs to make, and its status with the next time.
        case came(JobID, JobSight, times: [Timestamp], next: JobStatus)

        /// The status of an attempt for Slurm was published.
        case handedOver(JobID, attempt: String)
        /// `sbatch` ended, or could not be called.
        case submitted(JobID, attempt: String, isAccepted: Bool, at: Int64)
        /// Slurm's jobs were listed, beginning at an instant of the steady clock.
        case listed(SlurmListing, begun: Int64)
        /// The directory of a job that Slurm does not list was read. Patience is in microseconds.
        case probed(JobID, attempt: String, RemoteJobs.Sight, patience: Int64)
        /// The engine has tried to claim an attempt, to cancel it.
        case claimed(JobID, attempt: String, isOurs: Bool, JobSight)
        /// An attempt lost the right to write the status.
        case revoked(JobID, attempt: String, JobSight)

        /// The clock was set back by a number of microseconds.
        case clockSetBack(Int64)
        /// Whether starts are suspended, because the spool is a copy or may be one.
        case held(Bool)
    }

    /// The cause of a failed start.
    package enum StartObstacle: Equatable {
        /// The job itself: it is skipped until it is next read.
        case job
        /// The code of its project cannot be used.
        case project(ProjectName)
        /// No job can be started: the shim is missing, the disk is full, or no process can be created.
        case everything
    }

    /// An action on a job. The caller performs all effects of an event in order, before any other work.
    package enum Effect: Equatable {
        /// Read it again, and report it as seen.
        case reread
        /// Take its lock if it is free, read it again, and report it as seized.
        case seize
        /// The same; if a shim has the lock, watch the shim.
        case adopt(JobStatus)
        /// Flush its status to the disk.
        case flush
        /// Put deliveries into the outboxes of hooks.
        case announce(Announcement)
        /// Make the job that tries it again, and read that.
        case retry
        /// Remove it from all lists, as its last status is on the disk.
        case retire
        /// Publish its last status, and report it as ended.
        case finish(JobStatus)
        /// Publish a status that is not its last, and report it as seen.
        case publish(JobStatus)
        /// Find the next time of a schedule.
        case plan
        /// Make the run of a schedule that was due at an instant, and read it.
        case makeRun(due: Timestamp)
        /// Start a shim that waits for the processes that the lost one left.
        case watchSurvivors
        /// Signal its shim to end it, once.
        case signal
        /// Find out why its shim ended before it took it.
        case explain
        /// Claim an attempt, so that no shim starts it any more.
        case claim(attempt: String)
        /// Revoke an attempt's right to write the status.
        case revoke(attempt: String)
        /// Hand an attempt to Slurm.
        case submit(attempt: String)
        /// Have Slurm cancel an attempt.
        case withdraw(attempt: String)
        /// Write a line to the log.
        case log(Remark)
    }

    /// An event for the log.
    package enum Remark: Equatable {
        case requeued(wasTerminated: Bool)
        case adoptedFromSlurm(attempt: String)
        case submittedAgain(failures: Int)
        case skippedRun
        case fullQueue
    }

    /// A due action. Its outcome decides about the next one.
    package enum Due: Equatable {
        /// Check whether the code of projects is usable again.
        case code([ProjectName])
        /// Fire a schedule whose time has come.
        case fire(JobID)
        /// Start a job on this machine.
        case start(JobID)
        /// Hand a job to Slurm.
        case handOver(JobID)
    }
}
