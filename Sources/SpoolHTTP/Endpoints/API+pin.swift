internal import SpoolModel
internal import SpoolStore

extension API {
    /// `pin-job.json`: exempts a job from deletion, or ends that.
    func pinJob(_ parameters: Parameters, by requester: Requester?) async throws -> APIResponse {
        let job = try await job(try parameters.required("id"))
        let id = job.id
        let isPinned = try parameters.isYes("pinned", otherwise: true)
        try await inTree { [spool] () throws(SpoolError) in
            if isPinned { try spool.pin(id) } else { try spool.unpin(id) }
        }
        note(
            isPinned ? "Pinned a job" : "Unpinned a job", by: requester,
            ["job": "\(id)", "project": "\(job.metadata.project)"])
        return .ok(JSON.warnings(parameters.warnings))
    }
}
