internal import HTTPTypes
internal import SpoolModel
internal import SpoolStore

extension API {
    /// `get-stats`: the statistics that a job's crawl wrote at its end, as it wrote them.
    func stats(_ parameters: Parameters) async throws -> APIResponse {
        let job = try await job(try parameters.required("id"))
        // A job that was purged meanwhile has none.
        let text = try await blocking { [spool] in try? spool.directory(of: job.id).readStatistics() }
        guard let text else {
            let state = job.status.state
            let why =
                state.isFinal
                ? "its crawl has reported none"
                : "they are written at its end, and it is \(state.rawValue)"
            throw APIError(.notFound, "There are no statistics of the job \(job.id): \(why)")
        }
        // The spider may have written something else.
        guard case .object(let members) = try? JSON(parsing: text) else {
            throw APIError(.notFound, "What the job \(job.id) has reported as its statistics is no JSON object")
        }
        return .json(APIResponse.text(members))
    }
}
