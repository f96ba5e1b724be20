internal import Forms
internal import SpoolModel
internal import SpoolStore

extension API {
    private static let prefix = "var."

    /// `list-variables.json`: the names of the variables of a project's jobs. Their values do not come out.
    func listVariables(_ parameters: Parameters) async throws -> APIResponse {
        let project = try await project(try parameters.required("project"))
        let variables = try await inTree { [spool] () throws(SpoolError) in
            try spool.variables(of: project.name)
        }
        return answer(project.name, variables)
    }

    private func answer(_ project: ProjectName, _ variables: ProjectVariables) -> APIResponse {
        .ok([
            JSON.Member("project", .string(project.description)),
            JSON.Member("variables", .array(variables.variables.map(\.name).sorted().map { .string($0) })),
        ])
    }

    /// `set-variables.json`: sets variables of a project's jobs (`var.NAME`), and removes others (`remove`).
    func setVariables(_ parameters: Parameters, by requester: Requester?) async throws -> APIResponse {
        let project = try await project(try parameters.required("project"))
        guard !parameters.query.names.contains(where: { $0.hasPrefix(API.prefix) }) else {
            throw APIError.badRequest("Send variables in the body: addresses are written into logs")
        }
        // The rest of a value that a separator has cut; it must be shown nowhere.
        guard parameters.names.allSatisfy(Endpoint.setVariables.reads), !parameters.hasLoneNames else {
            throw APIError.badRequest(
                "Nothing was changed, because the body has a text that belongs to no field: a \"&\" or \";\" in a value is "
                    + "sent as %26 or %3B")
        }
        var changes: [(name: String, value: String?)] = []
        for word in (try parameters.text("remove") ?? "").split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            changes.append((String(word), nil))
        }
        for field in parameters.names.sorted() where field.hasPrefix(API.prefix) {
            let name = String(field.dropFirst(API.prefix.count))
            guard let value = try parameters.text(field) else {
                throw APIError.badRequest("The name of a variable is not UTF-8")
            }
            if let reason = ProjectVariables.refusal(of: name) ?? ProjectVariables.refusal(ofValue: value) {
                throw APIError.badRequest("The variable \"\(name)\" is refused: \(reason)")
            }
            changes.append((name, value))
        }
        guard !changes.isEmpty else { throw APIError.badRequest("Nothing to change: send `var.NAME` or `remove`") }
        let made = changes
        let variables = try await inTree { [spool] () throws(SpoolError) in
            try spool.changeVariables(of: project.name, made)
        }
        let names = Set(changes.map(\.name)).sorted().joined(separator: ",")
        note("Changed variables", by: requester, ["project": "\(project.name)", "names": names])
        return answer(project.name, variables)
    }
}
