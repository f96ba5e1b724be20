package import SpoolModel

/// What was read of an entry of `incoming/`.
package enum SubmissionSight {
    /// The first run that a submission's `when` asks for.
    package enum FirstRun: Equatable {
        /// The status of the new job.
        ///
        /// - Parameter isRun: whether the job runs itself, rather than makes runs as a schedule.
        case status(JobStatus, isRun: Bool)
        /// The time is over.
        case past
        /// It is no scheduling spec, for this reason.
        case invalid(String)
    }

    /// Its name is not UTF-8.
    case unnamed
    /// It became this job before; or is a copy of an entry that did.
    case accepted(JobID, isCopy: Bool)
    /// It is no valid submission.
    ///
    /// - Parameters:
    ///   - reason: a sentence for the `.reason` file.
    ///   - isFinal: whether waiting does not help.
    ///   - age: microseconds since the directory last changed.
    case invalid(reason: String, isFinal: Bool, age: Int64)
    /// It is valid.
    case valid(when: String, FirstRun)
}

/// The engine's step for an entry of `incoming/`. Decided apart from the file system, as ``Reconciler`` decides about
/// jobs: an entry has no state in the engine, so one sight is enough.
package enum SubmissionStep: Equatable {
    /// Nothing now: the next full read looks again.
    case wait
    /// Move it to `quarantine/`.
    case quarantine(reason: String)
    /// Remove it: it has become this job.
    case remove(JobID)
    /// Make a job with this first status, then remove it.
    case make(JobStatus, isRun: Bool)

    /// How long an entry that is not valid may still be on its way from another filesystem, in microseconds.
    package static let arrivalTime: Int64 = 10_000_000

    /// The step that follows from a sight.
    package init(for sight: SubmissionSight) {
        switch sight {
        case .unnamed: self = .quarantine(reason: "its name is not UTF-8")
        case .accepted(let id, isCopy: false): self = .remove(id)
        case .accepted(let id, isCopy: true):
            self = .quarantine(
                reason: "it is a copy of the submission that became the job \(id): to run it again, remove "
                    + "`.taken` and `.job-id` from it and move it into incoming/ again")
        case .invalid(let reason, let isFinal, let age):
            self = isFinal || age > SubmissionStep.arrivalTime ? .quarantine(reason: reason) : .wait
        case .valid(let when, .past): self = .quarantine(reason: "`when`: \(when) is in the past")
        case .valid(_, .invalid(let reason)): self = .quarantine(reason: "`when`: \(reason)")
        case .valid(_, .status(let status, let isRun)): self = .make(status, isRun: isRun)
        }
    }
}
