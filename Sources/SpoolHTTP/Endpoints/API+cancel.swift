internal import HTTPTypes
internal import SpoolModel
internal import SpoolStore

extension API {
    /// `cancel-job.json`: asks for the end of a job and answers when it has ended.
    func cancelJob(_ parameters: Parameters, until departure: Departure) async throws -> Answer {
        let text = try parameters.required("id")
        let ok = Answer.ok(JSON.warnings(parameters.warnings))
        guard let id = JobID(text) else { throw APIError.badRequest("No such job: \"\(text)\"") }
        let job = try await job(text)
        guard !job.status.state.isFinal else { throw APIError.badRequest("Job \(text) is not active") }
        // Watched before it is asked for, so that the answer cannot be missed.
        let changes = try await blocking { [spool, watcher] in
            watcher.changes(of: try spool.directory(of: id), id, in: spool, until: departure)
        }
        try await blocking { [spool] in
            do throws(SpoolError) { try spool.requestCancel(id) } catch { throw APIError(error) }
        }
        for await _ in changes {
            let state: JobState
            do {
                state = try await self.job(text).status.state
            } catch {
                // It has ended and is deleted already, as with a `completed-cap` of 0.
                guard try await blocking({ [spool] in spool.contains(id) }) else { return ok }
                throw error
            }
            if state == .canceled { return ok }
            if state.isFinal { throw APIError.badRequest("Job \(text) is not active: it ended as \(state.rawValue)") }
        }
        throw APIError(
            .serviceUnavailable,
            departure.hasLeft
                ? "You have closed the connection; the job \(text) is still being canceled"
                : "The server stops; the job \(text) is still being canceled")
    }
}
