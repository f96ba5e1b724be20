internal import HTTPTypes
internal import NIOCore
internal import SpoolModel

extension API {
    /// `/`: the page, with the answer embedded that its first view shows, which saves a second request; null for a search,
    /// which may take longer than it should take to show the page.
    ///
    /// The parameter `page` selects the view: none for the overview, or `projects`, `spider`, `jobs`, `job`,
    /// `users`.
    func page(_ parameters: Parameters, for admission: Admission) async throws -> APIResponse {
        guard let file = PageFile.page else {
            throw APIError(.internalServerError, "The page is not in this program")
        }
        // Before anything is read, so that no change is missed in between.
        let cursor = await feed.cursor()
        // The first view reports a problem as well.
        await lookAtScrapyBriefly()
        let first: [UInt8]
        do {
            first = try await firstView(parameters, for: admission)
        } catch let error as APIError {
            guard case .json(let bytes, _) = APIResponse.error(error) else { throw error }
            first = bytes
        }
        let held = try await blocking { [gauge, settings, scrapy] in
            JSON.object(
                JSON.held(gauge.lookAtHold()) + JSON.certificate(settings.certificate, at: .now)
                    + JSON.scrapy(scrapy.problem))
        }
        let user = admission.hasSession ? admission.user.map { JSON.string($0) } ?? .null : .null
        let seesUsers = admission.scope.map { $0 >= Endpoint.listUsers.scope } ?? false
        var state = Array(
            "{\"event\": \(JSON.string(cursor).line), \"held\": \(held.line), \"user\": \(user.line), \"users\": \(seesUsers), \"answer\": "
                .utf8
        )
        state += first
        state.append(UInt8(ascii: "}"))
        return .document(Document(file, state: state))
    }

    /// A file of the page.
    func pageFile(_ name: String, known: String?) throws -> APIResponse {
        guard let (file, isLasting) = PageFile.at(name) else {
            throw APIError(.notFound, "There is nothing at /page/\(name)")
        }
        return .document(Document(file, isLasting: isLasting, known: known))
    }

    private func firstView(_ parameters: Parameters, for admission: Admission) async throws -> [UInt8] {
        var parameters = parameters
        parameters.defaults = ["wait": "no", "facts": "1", "first-error": "1"]
        switch try parameters.text("page") {
        case "projects": return try await describeProjects(parameters)
        case "users":
            try check(admission, mayUse: .listUsers)
            return try await users()
        case "spider": parameters.defaults.merge(["status": "COMPLETED", "limit": "30"]) { $1 }
        case "jobs" where try parameters.filled("text") != nil: return Array("null".utf8)
        case "jobs": parameters.defaults.merge(["status": "COMPLETED", "limit": "50", "counts": "1"]) { $1 }
        case "job": break
        default: return try await overview(parameters)
        }
        switch try await listJobs(parameters) {
        case .json(let bytes, _): return bytes
        case .pieces(let pieces): return pieces.flatMap { Array($0.readableBytesView) }
        case .jobs(let list):
            return try await blocking { [finished] in
                try list.pieces(by: finished.reader()).flatMap { Array($0.readableBytesView) }
            }
        default: preconditionFailure("a list is JSON")
        }
    }
}
