internal import SpoolModel
internal import SpoolStore

extension API {
    /// `delete-job.json`: deletes a job that has ended, with its logs and files. It still counts in the statistics, as one that
    /// the limits have deleted.
    func deleteJob(_ parameters: Parameters, by requester: Requester?) async throws -> APIResponse {
        let job = try await job(try parameters.required("id"))
        let id = job.id
        guard job.status.state.isFinal else {
            throw APIError.badRequest("Job \(id) is \(job.status.state.rawValue): cancel it first")
        }
        let rubbish = try await inTree { [spool] () throws(SpoolError) in
            let purge = spool.purge([id])
            if let error = purge.failure ?? purge.kept[id] { throw error }
            guard !purge.pinned.contains(id) else {
                throw SpoolError(.refused, "Job \(id) is pinned: unpin it first")
            }
            // Its mark goes a moment after its end.
            guard !spool.contains(id) else { throw SpoolError(.refused, "Job \(id) is about to end: try again") }
            return purge.rubbish
        }
        note("Deleted a job", by: requester, ["job": "\(id)", "project": "\(job.metadata.project)"])
        // Large directories take a while. What a stop of the server leaves in tmp/ is deleted at the next start.
        Task { [self] in
            try? await blocking { [spool] in for name in rubbish { _ = spool.removeRubbish(name) } }
        }
        return .ok(JSON.warnings(parameters.warnings))
    }
}
