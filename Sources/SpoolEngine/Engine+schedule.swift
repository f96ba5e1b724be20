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
        let metadata = try metadata(of: id, in: directory)
        unclear.remove(id)
        if let firing = status.firing { return jobs.setScheduled(id, next: firing.time) }
        guard let lock = try directory.tryLock() else { return }
        defer { withExtendedLifetime(lock) {} }
        try move(id, to: try firing(of: try spec(of: metadata), after: now), in: directory)
    }

    /// Makes the run of a scheduled job whose time has come, then moves the schedule on. Tried twice, it makes one run.
    func fire(_ id: JobID) {
        do throws(SpoolError) {
            let directory = try spool.directory(of: id)
            // Held for a moment, perhaps by a process that another thread is about to start: looked at again within a second.
            guard let lock = try directory.tryLock() else {
                jobs.remove(id)
                unclear.insert(id)
                return
            }
            defer { withExtendedLifetime(lock) {} }
            let status = try directory.status()
            guard status.state == .scheduled, let firing = status.firing else { return look(id) }
            guard firing.time <= now else { return jobs.setScheduled(id, next: firing.time) }
            guard !spool.hasCancelRequest(id) else { return try cancel(id, in: directory, lock: lock) }
            let metadata = try metadata(of: id, in: directory)
            guard try !spec(of: metadata).isOnce else { return try release(metadata, status, in: directory) }
            let (times, next) = try dueTimes(of: metadata, from: firing)
            for due in times where mayRun(metadata) { look(try makeRun(of: metadata, due: due)) }
            try move(id, to: next, in: directory)
            remarks.settle(.job(id))
        } catch {
            guard spool.contains(id) else { return forget(id, isFirst: false) }
            guard error.code != .refused else { return look(id) }
            jobs.setScheduled(id, next: now.adding(seconds: 5))
            say(
                .error, "Cannot fire a schedule, which is tried every 5 s: \(error)", about: .job(id), ["job": "\(id)"])
        }
    }

    /// Plans anew from now what is farther away than its interval, because the clock was set back since: that much time
    /// has not to pass. What keeps to the clock keeps its next time, so that a time that comes twice runs once.
    func bringNearer() {
        for id in jobs.scheduled {
            do throws(SpoolError) {
                let directory = try spool.directory(of: id)
                guard let lock = try directory.tryLock() else { continue }
                defer { withExtendedLifetime(lock) {} }
                let status = try directory.status()
                guard status.state == .scheduled, let firing = status.firing else { continue }
                let spec = try spec(of: try metadata(of: id, in: directory))
                guard let pause = spec.longestPause, firing.due.microseconds - now.microseconds > pause else {
                    continue
                }
                try move(id, to: try self.firing(of: spec, after: now), in: directory)
                logger.notice("Planned anew, since the clock was set back", metadata: ["job": "\(id)"])
            } catch {
                logger.error("\(error)", metadata: ["job": "\(id)"])
            }
        }
    }

    /// How many microseconds late a run is started that is not to be made up for when it was missed.
    private static let lateness: Int64 = 60_000_000
    /// The times for which runs are to be made now, and the firing after them.
    private func dueTimes(
        of metadata: JobMetadata, from firing: Firing
    ) throws(SpoolError) -> (times: [Timestamp], next: Firing?) {
        let spec = try spec(of: metadata)
        let limit = (metadata.catchUp ?? settings.catchUp).count
        let now = now
        // The same numbers each time that this firing is tried, so that the same runs are made.
        var draws = RepeatableGenerator(seed: JobID(firingOf: metadata.id, due: firing.due).low)
        let backlog = spec.backlog(
            from: firing, at: now, keeping: max(limit, 1), in: try zone(of: spec), using: &draws)
        // Without catching up, what is just due is run all the same.
        let isOnTime = now.microseconds(since: backlog.latest) <= Engine.lateness
        let made = limit > 0 || isOnTime ? backlog.dueTimes : []
        if backlog.count > made.count {
            logger.notice(
                "Missed \(backlog.count) runs, makes up for \(made.count)", metadata: ["job": "\(metadata.id)"])
        }
        return (made, backlog.next)
    }

    /// Whether a schedule may have another run beside those that have not ended.
    private func mayRun(_ schedule: JobMetadata) -> Bool {
        guard (schedule.overlap ?? settings.overlap) == .skip, jobs.hasRun(of: schedule.id) else { return true }
        logger.notice("Skipped a run, because an earlier one goes on", metadata: ["job": "\(schedule.id)"])
        return false
    }

    /// A job that is to run at one time is the run itself: from now on it waits for a slot.
    private func release(
        _ metadata: JobMetadata, _ status: JobStatus, in directory: borrowing JobDirectory
    ) throws(SpoolError) {
        var status = status
        status.state = .pending
        status[.at] = now
        status.firing = nil
        try directory.publish(status)
        setPending(metadata.id, status, metadata)
    }

    private func makeRun(of schedule: JobMetadata, due: Timestamp) throws(SpoolError) -> JobID {
        var run = JobMetadata(
            id: JobID(firingOf: schedule.id, due: due), actor: .scheduler, schedule: "now", project: schedule.project,
            spider: schedule.spider, description: schedule.description, payload: schedule.payload, created: now,
            firedBy: schedule.id)
        run.overlap = schedule.overlap
        run.executor = schedule.executor
        run.by = schedule.by
        var status = JobStatus(.pending, at: run.created)
        status[.by] = run.by
        do throws(SpoolError) {
            try spool.create(Job(metadata: run, status: status))
        } catch {
            // Made before a crash: what is left is to move the schedule on.
            if error.code != .taken { throw error }
        }
        return run.id
    }

    /// Writes the next time of a schedule. The caller has the job's lock.
    private func move(_ id: JobID, to firing: Firing?, in directory: borrowing JobDirectory) throws(SpoolError) {
        var status = try directory.status()
        status.firing = firing
        guard let firing else {
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

    private func spec(of metadata: JobMetadata) throws(SpoolError) -> SchedulingSpec {
        do throws(SchedulingSpecError) {
            return try SchedulingSpec(parsing: metadata.schedule)
        } catch {
            throw SpoolError(.unreadable, "The schedule cannot be used: \(error)")
        }
    }

    private func firing(of spec: SchedulingSpec, after instant: Timestamp) throws(SpoolError) -> Firing? {
        spec.firing(after: instant, in: try zone(of: spec), using: &generator)
    }

    private func zone(of spec: SchedulingSpec) throws(SpoolError) -> TimeZoneRules {
        do throws(UnknownTimeZone) {
            return try settings.timeZones.rules(for: spec)
        } catch {
            throw SpoolError(.unreadable, "The schedule cannot be used: \(error)")
        }
    }
}
