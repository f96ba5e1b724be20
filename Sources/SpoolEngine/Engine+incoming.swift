internal import LinuxSystem
internal import Logging
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension Engine {
    /// Makes one job of a directory that was moved into `incoming/`, or moves it to quarantine with the reason. If
    /// neither is possible, logs that once.
    func accept(_ name: FileName) {
        guard !name.isHidden else { return }
        do throws(SpoolError) {
            let (sight, submission) = try look(at: name)
            switch SubmissionStep(for: sight) {
            case .wait: break
            case .quarantine(let reason): try refuse(name, reason)
            case .remove(let id): takeAway(name, as: id)
            case .make(let status, let isRun): if let submission { try make(submission, status, isRun: isRun) }
            }
        } catch {
            guard let information = spool.incoming.informationIfAny(name) else { return }
            let isOurs = information.owner == Host.effectiveUser
            let advice =
                isOurs
                ? ""
                : ". It belongs to user \(information.owner): give it to the server's, with all that is in it (chown -R)"
            say(
                .error, "incoming/\(name) cannot be taken in now: \(error)\(advice)", about: .incoming(name),
                stamp: stamp(of: information))
        }
    }

    /// Reads an entry of `incoming/`. Throws if nothing is known about it, for want of descriptors for example.
    private func look(at name: FileName) throws(SpoolError) -> (SubmissionSight, Submission?) {
        guard name.text != nil else { return (.unnamed, nil) }
        if let accepted = try accepted(name) { return (.accepted(accepted.id, isCopy: accepted.isCopy), nil) }
        do throws(SubmissionError) {
            let submission = try spool.readSubmission(name)
            return (.valid(when: submission.when, firstRun(of: submission)), submission)
        } catch {
            if let failure = error.failure { throw failure }
            return (.invalid(reason: error.reason, isFinal: error.isFinal, age: error.age), nil)
        }
    }

    private func firstRun(of submission: Submission) -> SubmissionSight.FirstRun {
        do {
            let spec = try SchedulingSpec(parsing: submission.when)
            let status = try settings.timeZones.firstStatus(of: spec, at: now, using: &generator)
            return status.map { .status($0, isRun: spec.isNow || spec.isOnce) } ?? .past
        } catch {
            return .invalid("\(error)")
        }
    }

    /// The properties that a user would change to repair an entry. After a change the same failure is logged again.
    private func stamp(of information: FileInformation) -> String {
        "\(information.inode) \(information.modified) \(information.owner) \(information.group) \(information.permissions)"
    }

    // MARK: Submissions that became jobs

    /// The job that a submission became, if it did; nil for a new one.
    private func accepted(_ name: FileName) throws(SpoolError) -> AcceptedSubmission? {
        if let accepted = try spool.acceptedSubmission(name) { return accepted }
        guard let information = spool.incoming.informationIfAny(name), let id = ledger.job(of: information) else {
            return nil
        }
        return AcceptedSubmission(id: id, isCopy: false)
    }

    /// Removes a submission that became a job. If that fails, it is marked or remembered, so that it becomes no second
    /// job.
    private func takeAway(_ name: FileName, as id: JobID) {
        do throws(SpoolError) {
            if let left = try spool.removeSubmission(name, of: id) { janitor.remove([left]) }
            remarks.clear(.incoming(name))
        } catch {
            guard let information = spool.incoming.informationIfAny(name) else { return }
            do throws(SpoolError) {
                if try spool.acceptedSubmission(name) == nil { try spool.markAccepted(name, as: id) }
            } catch {
                ledger.note(information, as: id)
            }
            say(
                .error,
                "incoming/\(name) became the job \(id) and stays where it is: \(error). It does not run again; remove it",
                about: .incoming(name), stamp: "\(information.inode)")
        }
    }

    /// Makes the job of a submission, then removes the submission.
    private func make(_ submission: Submission, _ status: JobStatus, isRun: Bool) throws(SpoolError) {
        let created = status[.at] ?? now
        let id = try spool.reserveID(for: submission, JobID(at: created, using: &generator))
        var metadata = JobMetadata(
            id: id, actor: .user, schedule: submission.when, project: submission.project, spider: submission.spider,
            description: submission.description, payload: submission.payload, created: created)
        metadata.overlap = submission.overlap
        metadata.catchUp = submission.catchUp
        metadata.executor = submission.executor
        metadata.options =
            isRun
            ? try spool.options(submission.options, of: submission.project, by: settings.rules.defaults)
            : submission.options
        let version = metadata.options.version
        let job = Job(metadata: metadata, status: status)
        let problem: String? = try spool.withProjectsLocked(shared: true) { () throws(SpoolError) in
            do throws(SpoolError) {
                let project = try spool.project(submission.project)
                guard try spool.spiders(of: project, in: version).contains(submission.spider) else {
                    return "project \(submission.project) has no spider \(submission.spider)"
                }
                try spool.create(job)
                return nil
            } catch {
                if error.code == .missing { return error.description }
                // Made before a crash, under the reserved id: only the submission remains to be removed.
                if error.code != .taken { throw error }
                return nil
            }
        }
        if let problem { return try refuse(submission.name, problem) }
        takeAway(submission.name, as: id)
        reconcile(id)
    }

    // MARK: Refusal

    private func refuse(_ name: FileName, _ reason: String) throws(SpoolError) {
        try spool.quarantine(name, in: spool.incoming, reason: reason)
        remarks.clear(.incoming(name))
        logger.warning("incoming/\(name) went to quarantine/: \(reason)")
    }
}
