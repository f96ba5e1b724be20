internal import HTTPTypes
internal import SpoolModel
internal import SpoolStore

extension API {
    /// `cancel-job.json`: requests the end of a job, and answers when it has ended.
    func cancelJob(
        _ parameters: Parameters, until departure: Departure, by requester: Requester?
    ) async throws -> APIResponse {
        let text = try parameters.required("id")
        let ok = APIResponse.ok()
        let job = try await job(text)
        let id = job.id
        guard !job.status.state.isFinal else { throw APIError.badRequest(Advice.ended(id, job.status)) }
        // Watch before the request, so that the change cannot be missed.
        let changes = try await blocking { [spool, observer] in
            observer.changes(of: try spool.directory(of: id), id, in: spool, until: departure)
        }
        try await inTree { [spool] () throws(SpoolError) in try spool.requestCancel(id, by: requester) }
        note("Asked for the end of a job", by: requester, ["job": "\(id)", "project": "\(job.metadata.project)"])
        for await _ in changes {
            let status: JobStatus
            do {
                status = try await self.job(text).status
            } catch {
                // The job has ended and was deleted already, for example with a `completed-cap` of 0.
                guard try await blocking({ [spool] in spool.contains(id) }) else { return ok }
                throw error
            }
            if status.state == .canceled { return ok }
            if status.state.isFinal { throw APIError.badRequest(Advice.ended(id, status)) }
        }
        throw APIError(
            .serviceUnavailable,
            departure.hasLeft
                ? "You have closed the connection; the job \(text) is still being canceled"
                : "The server stops; the job \(text) is still being canceled")
    }
}
