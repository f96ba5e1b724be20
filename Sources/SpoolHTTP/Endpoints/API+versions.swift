internal import SpoolModel
internal import SpoolStore

extension API {
    /// `list-versions.json`: the versions of a project that are kept, newest first.
    func listVersions(_ parameters: Parameters) async throws -> APIResponse {
        let project = try await project(try parameters.required("project"))
        let versions = try await inTree { [spool] () throws(SpoolError) in
            // One whose metadata is damaged cannot be made current.
            try spool.versions(of: project.name).compactMap { try? spool.version($0, of: project.name) }
        }
        return .ok([
            JSON.Member("project", .string(project.name.description)),
            JSON.Member("current", .number(project.version)),
            JSON.Member("versions", .array(versions.map(JSON.version))),
        ])
    }

    /// `set-version.json`: makes a version of a project the one that jobs use from now on.
    func setVersion(_ parameters: Parameters, by requester: Requester?) async throws -> APIResponse {
        let known = try await project(try parameters.required("project"))
        let text = try parameters.required("version")
        guard let number = VersionNumber(text) else {
            throw APIError.badRequest("\"version\" is the number of a version of the project, not \"\(text)\"")
        }
        let instant = now
        let (project, earlier) = try await blocking { [spool] in
            do throws(SpoolError) {
                return try spool.makeCurrent(number, of: known.name, at: instant, by: requester)
            } catch {
                throw error.code == .missing ? APIError.badRequest(error.description) : APIError(error)
            }
        }
        note(
            "Made another version current", by: requester,
            ["project": "\(project.name)", "version": "\(project.version)", "earlier": "\(earlier)"])
        return .ok([
            JSON.Member("project", .string(project.name.description)),
            JSON.Member("version", .number(project.version)),
            JSON.Member("earlier", .number(earlier)),
            spiders(of: project),
        ])
    }
}

extension JSON {
    /// A version in `list-versions.json`.
    fileprivate static func version(_ version: VersionMetadata) -> JSON {
        .object(
            [
                Member("version", .number(version.version)),
                Member("created", .string(version.created.rfc3339)),
            ] + (version.name.map { [Member("name", .string($0.description))] } ?? [])
                + (version.by.map { [Member("by", .string($0))] } ?? []) + [
                    Member("size", .number(version.size)),
                    Member("sha256", .string(version.sha256)),
                    Member("spiders", .array(version.spiders.map { .string($0.description) })),
                ] + (version.environment.map { [Member("environment", .object(JSON.environment($0)))] } ?? []))
    }
}
