internal import LinuxSystem
internal import Logging
internal import SpoolModel
internal import SpoolStore

/// Notifications of hooks about ended jobs.
extension Engine {
    /// The sight of a job that has ended.
    func sight(ofEnded job: OpenJob, _ status: JobStatus, isFlushed: Bool = false) throws(SpoolError) -> JobSight {
        var sight = JobSight(status: status, isFlushed: isFlushed)
        sight.hasRetry = try hasRetry(job, status)
        let hooks = settings.hooks
        // The removal of a mark causes another look at the job, whose deliveries may be gone by then.
        guard !hooks.isEmpty, spool.active.contains(job.id.description),
            let event = HookEvent(status.state, hasRetry: sight.hasRetry)
        else { return sight }
        let metadata = try job.metadata()
        // The copy of another job's directory is no job.
        guard metadata.id == job.id else { return sight }
        sight.announcement = Announcement(of: event, in: metadata.project, to: hooks)
        return sight
    }

    /// Puts the deliveries about a job that has ended into the outboxes, and wakes their dispatcher.
    func announce(_ announcement: Announcement, of job: OpenJob) throws(SpoolError) {
        // A mark that cannot be removed is tried again, and its job is announced once.
        if announcedEnds.contains(job.id) { return }
        let (metadata, status) = (try job.metadata(), try job.directory.status())
        let message = HookMessage(
            of: announcement.event, metadata, status, firstError: firstError(of: job))
        let name = DeliveryName(job.id, announcement.event)
        for hook in announcement.hooks { try spool.post(name, message.content, to: hook) }
        announcedEnds.insert(job.id)
        onDelivery()
    }

    /// The first error that the crawl has reported.
    private func firstError(of job: OpenJob) -> String? {
        job.directory.readStatistics().flatMap { JSON(ifValid: $0) }?["first_error"]?.text
            .map { CrawlReport.printable(String($0.prefix(400))) }
    }
}
