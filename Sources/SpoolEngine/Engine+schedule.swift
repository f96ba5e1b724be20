internal import LinuxSystem
internal import Logging
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension Engine {
    /// Finds the first time of a schedule that has none. The caller has the job's lock.
    func plan(_ job: OpenJob) throws(SpoolError) {
        try plan(job, try spec(of: try job.metadata()))
    }

    private func plan(_ job: OpenJob, _ spec: SchedulingSpec) throws(SpoolError) {
        var status = try job.directory.status()
        status.firing = spec.firing(after: now, in: try zone(of: spec), using: &generator)
        try report(.planned(job.id, status), of: job)
    }

    /// Fires a scheduled job whose time has come: makes its runs, then advances the schedule; a one-time job becomes
    /// pending. A second try makes no second run.
    func fire(_ id: JobID) {
        do throws(SpoolError) {
            let job = try OpenJob(id, in: spool)
            defer { withExtendedLifetime(job) {} }
            // A process that another thread is about to start may have the lock briefly: read the job again in a
            // second.
            guard try job.seize() else { return note(.busy(id)) }
            let sight: JobSight
            do throws(SpoolError) {
                sight = try self.sight(of: job)
            } catch {
                // It is a copy of another job, which has to be said, and does not fire again.
                guard error.code != .refused else { return reconcile(id) }
                throw error
            }
            guard sight.status.state == .scheduled, !sight.isCancelRequested,
                let firing = sight.status.firing,
                firing.time <= now
            else { return try report(sight, of: job) }
            try fire(job, sight, firing)
            remarks.clear(.job(id))
        } catch {
            guard spool.contains(id) else { return forget(id, isFirst: false) }
            // The reconciler has put it off.
            say(
                .error, "Cannot fire a schedule, which is tried every 5 s: \(error)", about: .job(id), ["job": "\(id)"])
        }
    }

    private func fire(_ job: OpenJob, _ sight: JobSight, _ firing: Firing) throws(SpoolError) {
        let metadata = try job.metadata()
        let spec = try spec(of: metadata)
        var status = sight.status
        if spool.isPaused(job.id) {
            // A one-time job is looked at again while it is late, and runs when its pause has ended.
            guard !spec.isOnce else { return }
            // The others let their times go by.
            status.firing = spec.firing(after: max(now, firing.due), in: try zone(of: spec), using: &generator)
            return try report(.came(job.id, sight, times: [], next: status), of: job)
        }
        guard !spec.isOnce else {
            // A one-time job is the run itself: from now on it waits for a slot.
            status.state = .pending
            status[.at] = now
            status.firing = nil
            return try report(.released(job.id, status), of: job)
        }
        let (times, next, count) = try dueTimes(of: metadata, spec, from: firing)
        status.firing = next
        try report(.came(job.id, sight, times: times, next: status), of: job)
        // Not before: a run that cannot be made now is tried again.
        if count > times.count {
            logger.notice("Missed \(count) runs, makes up for \(times.count)", metadata: ["job": "\(metadata.id)"])
        }
    }

    /// After the clock was set back, reschedules interval jobs whose next run is more than one interval away. Schedules
    /// by the calendar keep their next time, so that a repeated hour fires once.
    func bringNearer() {
        for id in reconciler.jobs.scheduled {
            do throws(SpoolError) {
                let job = try OpenJob(id, in: spool)
                defer { withExtendedLifetime(job) {} }
                guard try job.seize() else { continue }
                let sight = try sight(of: job)
                guard sight.status.state == .scheduled, let firing = sight.status.firing else { continue }
                let spec = try spec(of: try job.metadata())
                guard let pause = spec.longestPause, firing.due.microseconds(since: now) > pause else {
                    continue
                }
                try plan(job, spec)
                logger.notice("Planned anew, since the clock was set back", metadata: ["job": "\(id)"])
            } catch {
                logger.error("\(error)", metadata: ["job": "\(id)"])
            }
        }
    }

    /// With catch-up off, the most microseconds that a run may be late and still start.
    private static let lateness: Int64 = 60_000_000
    /// The due times of the runs to make now, the next firing, and how many runs were due.
    private func dueTimes(
        of metadata: JobMetadata, _ spec: SchedulingSpec, from firing: Firing
    ) throws(SpoolError) -> (times: [Timestamp], next: Firing?, count: Int) {
        let limit = (metadata.catchUp ?? settings.catchUp).count
        let now = now
        // Each try of this firing draws the same numbers, so that it makes the same runs.
        var draws = RepeatableGenerator(seed: JobID(firingOf: metadata.id, due: firing.due).low)
        let backlog = spec.backlog(
            from: firing, at: now, keeping: max(limit, 1), in: try zone(of: spec), using: &draws)
        // Without catch-up, a run that is just due still starts.
        let isOnTime = now.microseconds(since: backlog.latest) <= Engine.lateness
        let made = limit > 0 || isOnTime ? backlog.dueTimes : []
        return (made, backlog.next, backlog.count)
    }

    /// Makes the run of a schedule that was due at an instant, once.
    func makeRun(of schedule: JobMetadata, due: Timestamp) throws(SpoolError) -> JobID {
        var run = JobMetadata(
            id: JobID(firingOf: schedule.id, due: due), actor: .scheduler, schedule: "now", project: schedule.project,
            spider: schedule.spider, description: schedule.description, payload: schedule.payload, created: now,
            firedBy: schedule.id)
        run.overlap = schedule.overlap
        run.executor = schedule.executor
        run.by = schedule.by
        run.options = try spool.options(schedule.options, of: schedule.project, by: settings.rules.defaults)
        var status = JobStatus(.pending, at: run.created)
        status[.by] = run.by
        do throws(SpoolError) {
            try spool.create(Job(metadata: run, status: status))
        } catch {
            // Made before a crash: only the schedule remains to be advanced.
            if error.code != .taken { throw error }
        }
        return run.id
    }

    private func spec(of metadata: JobMetadata) throws(SpoolError) -> SchedulingSpec {
        do throws(SchedulingSpecError) {
            return try SchedulingSpec(parsing: metadata.schedule)
        } catch {
            throw SpoolError(.unreadable, "The schedule cannot be used: \(error)")
        }
    }

    private func zone(of spec: SchedulingSpec) throws(SpoolError) -> TimeZoneRules {
        do throws(UnknownTimeZone) {
            return try settings.timeZones.rules(for: spec)
        } catch {
            throw SpoolError(.unreadable, "The schedule cannot be used: \(error)")
        }
    }
}
