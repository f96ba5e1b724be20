internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension API {
    /// `list-jobs.json`: jobs by status, newest change first, or one job by its id.
    func listJobs(_ parameters: Parameters) async throws -> Answer {
        if let status = try parameters.text("status") {
            guard let selection = JobSelection(status) else {
                throw APIError.badRequest("Unknown status \"\(status)\": \(JobSelection.expected)")
            }
            if let query = try JobQuery(parameters) { return try await listJobs(selection, query) }
            return try await blocking { [spool, settings] in
                .json(JSONWriter.list(try selection.jobs(of: spool), in: settings.timeZones.local))
            }
        }
        guard let text = try parameters.text("id") else {
            throw APIError.badRequest("Neither argument present: \"status\", \"id\"")
        }
        let job = try await job(text)
        if let query = try JobQuery(parameters), query.withFacts {
            return .ok([JSON.Member("jobs", .array([JSON.job(job, in: settings.timeZones.local)]))])
        }
        return .json(JSONWriter.list([job], in: settings.timeZones.local))
    }

    /// A page of jobs, with `total`, the number of all that match, and `more`, whether others come after it.
    private func listJobs(_ selection: JobSelection, _ query: JobQuery) async throws -> Answer {
        let zone = settings.timeZones.local
        return try await blocking { [spool] in
            let page = try query.page(of: try selection.jobs(of: spool))
            let jobs = page.jobs.map { job in
                let record = JSON.job(job, in: zone)
                guard !query.withFacts, case .object(let members) = record else { return record }
                return .object(members.filter { $0.name != "facts" })
            }
            return .ok([
                JSON.Member("jobs", .array(jobs)), JSON.Member("total", .number(page.total)),
                JSON.Member("more", .bool(page.hasMore)),
            ])
        }
    }

    /// The job of an id from outside.
    func job(_ text: String) async throws -> Job {
        let missing = APIError.badRequest("No such job: \"\(text)\"")
        guard let id = JobID(text) else { throw missing }
        return try await blocking { [spool] in
            do throws(SpoolError) {
                return try spool.job(id)
            } catch {
                throw error.code == .missing ? missing : APIError(error)
            }
        }
    }
}

/// Which jobs a `status` of `list-jobs.json` means.
struct JobSelection: Sendable {
    static let expected = "one of SCHEDULED, PENDING, RUNNING, SUCCESSFUL, FAILED, CANCELED, ACTIVE, COMPLETED"

    private let states: Set<JobState>

    /// The selection of a word, or nil for an unknown one.
    init?(_ word: String) {
        switch word {
        case "ACTIVE": states = Set(JobState.allCases.filter { !$0.isFinal })
        case "COMPLETED": states = Set(JobState.allCases.filter(\.isFinal))
        default:
            guard let state = JobState(rawValue: word) else { return nil }
            states = [state]
        }
    }

    /// The jobs, newest change first.
    func jobs(of spool: Spool) throws(SpoolError) -> [Job] {
        let candidates = states.contains(where: \.isFinal) ? try spool.finishedJobs() : try spool.activeJobs()
        return candidates.filter { states.contains($0.status.state) }
            .sorted { ($1.status[.at] ?? $1.metadata.created, $1.id) < ($0.status[.at] ?? $0.metadata.created, $0.id) }
    }
}
