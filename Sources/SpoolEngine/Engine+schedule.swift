internal import LinuxSystem
internal import Logging
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension Engine {
    /// Notes when a scheduled job is due; one that does not say so gets a time from now.
    func lookAtSchedule(
        _ id: JobID, _ status: JobStatus, in directory: borrowing JobDirectory
    ) throws(SpoolError) {
        if let firing = status.firing { return jobs.setScheduled(id, next: firing.time) }
        guard let lock = try directory.tryLock() else { return }
        defer { withExtendedLifetime(lock) {} }
        try move(id, after: now, in: directory)
    }

    /// Makes the run of a scheduled job whose time has come, then moves the schedule on. Tried twice, it makes one run.
    func fire(_ id: JobID) {
        do throws(SpoolError) {
            let directory = try spool.directory(of: id)
            guard let lock = try directory.tryLock() else { return jobs.remove(id) }
            defer { withExtendedLifetime(lock) {} }
            let status = try directory.status()
            guard status.state == .scheduled, let firing = status.firing else { return look(id) }
            guard firing.time <= now else { return jobs.setScheduled(id, next: firing.time) }
            guard !spool.hasCancelRequest(id) else { return try cancel(id, in: directory, lock: lock) }
            let metadata = try directory.metadata()
            guard !isOnce(metadata) else { return try release(id, status, in: directory) }
            let run = try makeRun(of: metadata, due: firing.due)
            // From the time it was due, so that it does not drift; missed times before now are made up by this one run.
            try move(id, after: firing.due, in: directory)
            look(run)
        } catch {
            jobs.setScheduled(id, next: now.adding(seconds: 5))
            logger.error("Cannot fire a schedule, will try again in 5 s: \(error)", metadata: ["job": "\(id)"])
        }
    }

    /// A job that is to run at one time is the run itself: from now on it waits for a slot.
    private func release(_ id: JobID, _ status: JobStatus, in directory: borrowing JobDirectory) throws(SpoolError) {
        var status = status
        status.state = .pending
        status[.at] = now
        status.firing = nil
        try directory.publish(status)
        jobs.setPending(id, since: status[.at] ?? now)
    }

    private func isOnce(_ metadata: JobMetadata) -> Bool {
        (try? SchedulingSpec(parsing: metadata.schedule))?.isOnce ?? false
    }

    private func makeRun(of schedule: JobMetadata, due: Timestamp) throws(SpoolError) -> JobID {
        let run = JobMetadata(
            id: JobID(firingOf: schedule.id, due: due), actor: .scheduler, schedule: "now", project: schedule.project,
            spider: schedule.spider, description: schedule.description, payload: schedule.payload, created: now,
            firedBy: schedule.id)
        do throws(SpoolError) {
            try spool.create(Job(metadata: run, status: JobStatus(.pending, at: run.created)))
        } catch {
            // Made before a crash: what is left is to move the schedule on.
            if error.code != .taken { throw error }
        }
        return run.id
    }

    /// Writes the next time of a schedule. The caller has the job's lock.
    private func move(_ id: JobID, after instant: Timestamp, in directory: borrowing JobDirectory) throws(SpoolError) {
        var status = try directory.status()
        do {
            status.firing = try nextFiring(
                of: SchedulingSpec(parsing: try directory.metadata().schedule), after: instant)
        } catch let error as SpoolError {
            throw error
        } catch {
            // A zone that this machine does not know, or a spec of a newer program: it may be known tomorrow.
            throw SpoolError(.unreadable, "The schedule cannot be used: \(error)")
        }
        guard let firing = status.firing else {
            status.state = .failed
            status[.at] = now
            status[.ended] = now
            status[.reason] = "no-next-time"
            try directory.finish(status)
            return try settle(id)
        }
        try directory.publish(status)
        jobs.setScheduled(id, next: firing.time)
    }

    private func nextFiring(of spec: SchedulingSpec, after instant: Timestamp) throws(UnknownTimeZone) -> Firing? {
        let firing = try settings.timeZones.firing(of: spec, after: instant, using: &generator)
        guard let firing, firing.time <= now else { return firing }
        return try settings.timeZones.firing(of: spec, after: now, using: &generator)
    }
}
