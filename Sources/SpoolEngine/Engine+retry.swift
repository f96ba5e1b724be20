internal import Logging
internal import SpoolModel
internal import SpoolStore

/// Jobs that are tried again after a failure.
extension Engine {
    /// Whether a job that has ended is tried again. One whose end was requested is not.
    func hasRetry(_ job: OpenJob, _ status: JobStatus) throws(SpoolError) -> Bool {
        guard status.state == .failed else { return false }
        let metadata = try job.metadata()
        return metadata.id == job.id && metadata.retry(after: status) != nil && !spool.hasCancelRequest(job.id)
    }

    /// Makes the job that tries a failed one again, once, and reads it.
    func makeRetry(of job: OpenJob) throws(SpoolError) {
        guard let (metadata, status) = try job.metadata().retry(after: try job.directory.status()) else { return }
        do throws(SpoolError) {
            try spool.create(Job(metadata: metadata, status: status))
            let delay = max(0, status[.notBefore].map { $0.microseconds(since: now) / 1_000_000 } ?? 0)
            logger.notice(
                "Failed, and is tried again in \(delay) s by \(metadata.id)", metadata: ["job": "\(job.id)"])
        } catch {
            // Made before a crash: only the mark of the failed job is left.
            if error.code != .taken { throw error }
        }
        reconcile(metadata.id)
    }
}
