internal import SpoolModel
internal import SpoolStore

extension API {
    /// `list-projects.json`: the names of the projects, in the order of their first push.
    func listProjects() async throws -> APIResponse {
        projectNames(try await look(into: projects) { $0.projects })
    }

    /// The same from memory; nil if that is not possible.
    func fastProjects() -> APIResponse? {
        projects.ifCurrent { $0.projects }.map(projectNames)
    }

    private func projectNames(_ projects: [ProjectMetadata]) -> APIResponse {
        .ok([JSON.Member("projects", .array(projects.map { .string($0.name.description) }))])
    }

    /// `list-spiders.json`: the spiders of a project, sorted.
    func listSpiders(_ parameters: Parameters) async throws -> APIResponse {
        let name = try parameters.required("project")
        let project = try await project(name)
        return .ok([JSON.Member("project", .string(name)), spiders(of: project)])
    }

    /// `remove-project.json`: removes a project that has no scheduled jobs.
    func removeProject(_ parameters: Parameters, by requester: Requester?) async throws -> APIResponse {
        let name = try parameters.required("name")
        let missing = try await unknownProject(name, "No such project: \"\(name)\"")
        guard let validName = ProjectName(name) else { throw missing }
        try await blocking { [spool] in
            do throws(SpoolError) {
                try spool.remove(validName)
            } catch {
                throw error.code == .missing ? missing : APIError(error)
            }
        }
        note("Removed the project", by: requester, ["project": "\(validName)"])
        return .ok()
    }

    /// The member `spiders` of an answer.
    func spiders(of project: ProjectMetadata) -> JSON.Member {
        JSON.Member("spiders", .array(project.spiders.map { .string($0.description) }))
    }

    /// The project of an unvalidated name.
    func project(_ name: String) async throws -> ProjectMetadata {
        let known = try await look(into: projects) { content in ProjectName(name).flatMap { content.project($0) } }
        guard let known else { throw try await unknownProject(name) }
        return known
    }

    private func unknownProject(_ name: String, _ start: String? = nil) async throws -> APIError {
        let names = try await look(into: projects) { $0.projects.map(\.name.description) }
        return .badRequest(Advice.unknownProject(name, among: names, start))
    }
}
