internal import LinuxSystem
internal import Logging
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension Engine {
    /// Makes a job of a directory that somebody moved into `incoming/`, or sets it aside with the reason.
    func takeIn(_ name: String) {
        guard !name.hasPrefix(".") else { return }
        do throws(SpoolError) {
            let handIn: HandIn
            do throws(HandInError) {
                handIn = try spool.readHandIn(name)
            } catch {
                guard error.isFinal || error.age > 10_000_000 else {
                    // Perhaps still on its way from another filesystem; the slow look comes back to it.
                    return
                }
                try spool.setAside(name, in: spool.incoming, reason: error.reason)
                return logger.warning("incoming/\(name) went to quarantine/: \(error.reason)")
            }
            try takeIn(handIn)
        } catch {
            if error.code != .missing { logger.error("\(error)") }
        }
    }

    private func takeIn(_ handIn: HandIn) throws(SpoolError) {
        let created = now
        let status: JobStatus?
        do {
            status = try settings.timeZones.firstStatus(
                of: SchedulingSpec(parsing: handIn.when), at: created, using: &generator)
        } catch {
            return try refuse(handIn, "`when`: \(error)")
        }
        guard let status else { return try refuse(handIn, "`when`: \(handIn.when) lies in the past") }
        let id = try spool.reserveID(for: handIn, JobID(at: created, using: &generator))
        var metadata = JobMetadata(
            id: id, actor: .user, schedule: handIn.when, project: handIn.project, spider: handIn.spider,
            description: handIn.description, payload: handIn.payload, created: created)
        metadata.overlap = handIn.overlap
        metadata.catchUp = handIn.catchUp
        metadata.executor = handIn.executor
        let job = Job(metadata: metadata, status: status)
        let problem: String? = try spool.withProjectsLocked(shared: true) { () throws(SpoolError) in
            do throws(SpoolError) {
                let project = try spool.project(handIn.project)
                guard project.spiders.contains(handIn.spider) else {
                    return "project \(handIn.project) has no spider \(handIn.spider)"
                }
                try spool.create(job)
                return nil
            } catch {
                if error.code == .missing { return error.description }
                // Made before a crash under the id that was reserved: what is left is to take the hand-in away.
                if error.code != .taken { throw error }
                return nil
            }
        }
        if let problem { return try refuse(handIn, problem) }
        try spool.removeHandIn(handIn.name)
        look(id)
    }

    private func refuse(_ handIn: HandIn, _ reason: String) throws(SpoolError) {
        try spool.setAside(handIn.name, in: spool.incoming, reason: reason)
        logger.warning("incoming/\(handIn.name) went to quarantine/: \(reason)")
    }
}
