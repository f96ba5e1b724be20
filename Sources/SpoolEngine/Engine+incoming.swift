internal import LinuxSystem
internal import Logging
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension Engine {
    /// Makes one job of a directory that was moved into `incoming/`, or moves it to quarantine with the reason. If
    /// neither is possible, logs that once.
    func takeIn(_ name: FileName) {
        guard !name.isHidden else { return }
        do throws(SpoolError) {
            guard name.text != nil else { return try refuse(name, "its name is not UTF-8") }
            if let taken = try taken(name) { return try takeAway(name, taken) }
            let handIn: HandIn
            do throws(HandInError) {
                handIn = try spool.readHandIn(name)
            } catch {
                if let failure = error.failure { throw failure }
                guard error.isFinal || error.age > 10_000_000 else {
                    // It may still be on its way from another filesystem; the next full read tries again.
                    return
                }
                return try refuse(name, error.reason)
            }
            try takeIn(handIn)
        } catch {
            guard let information = spool.incoming.informationIfAny(name) else { return }
            let isOurs = information.owner == Machine.effectiveUser
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

    // MARK: Hand-ins that became jobs

    /// The job that a hand-in became, if it did; nil for a new one.
    private func taken(_ name: FileName) throws(SpoolError) -> TakenHandIn? {
        if let taken = try spool.takenHandIn(name) { return taken }
        guard let information = spool.incoming.informationIfAny(name), let id = ledger.job(of: information) else {
            return nil
        }
        return TakenHandIn(id: id, isCopy: false)
    }

    /// Removes a hand-in that became a job before. Refuses a copy of one.
    private func takeAway(_ name: FileName, _ taken: TakenHandIn) throws(SpoolError) {
        guard !taken.isCopy else {
            return try refuse(
                name,
                "it is a copy of the submission that became the job \(taken.id): to run it again, remove `.taken` and `.job-id` from it "
                    + "and move it into incoming/ again")
        }
        takeAway(name, as: taken.id)
    }

    /// Removes a hand-in that became a job. If that fails, it is marked or remembered, so that it becomes no second
    /// job.
    private func takeAway(_ name: FileName, as id: JobID) {
        do throws(SpoolError) {
            if let left = try spool.removeHandIn(name, of: id) { janitor.remove([left]) }
            remarks.settle(.incoming(name))
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

    private func takeIn(_ handIn: HandIn) throws(SpoolError) {
        let created = now
        let status: JobStatus?
        let isRun: Bool
        do {
            let spec = try SchedulingSpec(parsing: handIn.when)
            isRun = spec.isNow || spec.isOnce
            status = try settings.timeZones.firstStatus(of: spec, at: created, using: &generator)
        } catch {
            return try refuse(handIn.name, "`when`: \(error)")
        }
        guard let status else { return try refuse(handIn.name, "`when`: \(handIn.when) is in the past") }
        let id = try spool.reserveID(for: handIn, JobID(at: created, using: &generator))
        var metadata = JobMetadata(
            id: id, actor: .user, schedule: handIn.when, project: handIn.project, spider: handIn.spider,
            description: handIn.description, payload: handIn.payload, created: created)
        metadata.overlap = handIn.overlap
        metadata.catchUp = handIn.catchUp
        metadata.executor = handIn.executor
        metadata.options =
            isRun ? try spool.options(handIn.options, of: handIn.project, by: settings.jobDefaults) : handIn.options
        let version = metadata.options.version
        let job = Job(metadata: metadata, status: status)
        let problem: String? = try spool.withProjectsLocked(shared: true) { () throws(SpoolError) in
            do throws(SpoolError) {
                let project = try spool.project(handIn.project)
                guard try spool.spiders(of: project, in: version).contains(handIn.spider) else {
                    return "project \(handIn.project) has no spider \(handIn.spider)"
                }
                try spool.create(job)
                return nil
            } catch {
                if error.code == .missing { return error.description }
                // Made before a crash, under the reserved id: only the hand-in remains to be removed.
                if error.code != .taken { throw error }
                return nil
            }
        }
        if let problem { return try refuse(handIn.name, problem) }
        takeAway(handIn.name, as: id)
        look(id)
    }

    // MARK: Refusal

    private func refuse(_ name: FileName, _ reason: String) throws(SpoolError) {
        try spool.setAside(name, in: spool.incoming, reason: reason)
        remarks.settle(.incoming(name))
        logger.warning("incoming/\(name) went to quarantine/: \(reason)")
    }
}
