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
        try await inTree { [spool] () throws(SpoolError) in
            let purge = spool.purge([id])
            if let error = purge.failure ?? purge.kept[id] { throw error }
            guard !purge.pinned.contains(id) else {
                throw SpoolError(.refused, "Job \(id) is pinned: unpin it first")
            }
            // Its mark goes a moment after its end.
            guard !spool.contains(id) else { throw SpoolError(.refused, "Job \(id) is about to end: try again") }
            // A client that deletes a job wants its payload gone as well.
            spool.dropSummary(of: id.day)
            spool.handOver(purge.rubbish)
        }
        note("Deleted a job", by: requester, ["job": "\(id)", "project": "\(job.metadata.project)"])
        return .ok(JSON.warnings(parameters.warnings))
    }
}
