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
            guard name.text != nil else { return try refuse(name, "its name is not UTF-8") }
            if let taken = try taken(name) { return try takeAway(name, taken) }
            let submission: Submission
            do throws(HandInError) {
                submission = try spool.readSubmission(name)
            } catch {
                if let failure = error.failure { throw failure }
                guard error.isFinal || error.age > 10_000_000 else {
                    // It may still be on its way from another filesystem; the next full read tries again.
                    return
                }
                return try refuse(name, error.reason)
            }
            try accept(submission)
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

    /// The properties that a user would change to repair an entry. After a change the same failure is logged again.
    private func stamp(of information: FileInformation) -> String {
        "\(information.inode) \(information.modified) \(information.owner) \(information.group) \(information.permissions)"
    }

    // MARK: Submissions that became jobs

    /// The job that a submission became, if it did; nil for a new one.
    private func taken(_ name: FileName) throws(SpoolError) -> TakenHandIn? {
        if let taken = try spool.takenHandIn(name) { return taken }
        guard let information = spool.incoming.informationIfAny(name), let id = ledger.job(of: information) else {
            return nil
        }
        return TakenHandIn(id: id, isCopy: false)
    }

    /// Removes a submission that became a job before. Refuses a copy of one.
    private func takeAway(_ name: FileName, _ taken: TakenHandIn) throws(SpoolError) {
        guard !taken.isCopy else {
            return try refuse(
                name,
                "it is a copy of the submission that became the job \(taken.id): to run it again, remove `.taken` and `.job-id` from it "
                    + "and move it into incoming/ again")
        }
        takeAway(name, as: taken.id)
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
                if try spool.takenHandIn(name) == nil { try spool.markTaken(name, as: id) }
            } catch {
                ledger.note(information, as: id)
            }
            say(
                .error,
                "incoming/\(name) became the job \(id) and stays where it is: \(error). It does not run again; remove it",
                about: .incoming(name), stamp: "\(information.inode)")
        }
    }

    private func accept(_ submission: Submission) throws(SpoolError) {
        let created = now
        let status: JobStatus?
        let isRun: Bool
        do {
            let spec = try SchedulingSpec(parsing: submission.when)
            isRun = spec.isNow || spec.isOnce
            status = try settings.timeZones.firstStatus(of: spec, at: created, using: &generator)
        } catch {
            return try refuse(submission.name, "`when`: \(error)")
        }
        guard let status else { return try refuse(submission.name, "`when`: \(submission.when) is in the past") }
        let id = try spool.reserveID(for: submission, JobID(at: created, using: &generator))
        var metadata = JobMetadata(
            id: id, actor: .user, schedule: submission.when, project: submission.project, spider: submission.spider,
            description: submission.description, payload: submission.payload, created: created)
        metadata.overlap = submission.overlap
        metadata.catchUp = submission.catchUp
        metadata.executor = submission.executor
        metadata.options =
            isRun
            ? try spool.options(submission.options, of: submission.project, by: settings.jobDefaults)
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
