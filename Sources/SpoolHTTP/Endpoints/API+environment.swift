internal import ProjectPython
internal import SpoolModel
internal import SpoolStore

extension API {
    /// `get-environment.json`: what a version of a project runs with, the current one unless `version` names another: its
    /// packages, and the lock from which they are installed. One that uses the server's Scrapy has none of them.
    func getEnvironment(_ parameters: Parameters) async throws -> APIResponse {
        let project = try await project(try parameters.required("project"))
        var number = project.version
        if let text = try parameters.text("version") {
            guard let version = VersionNumber(text) else {
                throw APIError.badRequest("\"version\" is the number of a version of the project, not \"\(text)\"")
            }
            number = version.value
        }
        let start = [
            JSON.Member("project", .string(project.name.description)), JSON.Member("version", .number(number)),
        ]
        let version = number
        let found = try await blocking { [spool] in
            do throws(SpoolError) {
                return try API.environment(of: project.name, version: version, in: spool)
            } catch {
                throw error.code == .missing ? APIError.badRequest(error.description) : APIError(error)
            }
        }
        return .ok(start + found)
    }

    private static func environment(
        of project: ProjectName, version: Int, in spool: Spool
    ) throws(SpoolError) -> [JSON.Member] {
        guard let number = VersionNumber(version) else { throw SpoolError(.missing, "There is no version \(version)") }
        guard try spool.version(number, of: project).environment != nil else { return [] }
        let (facts, bytes) = try spool.environmentLock(of: project, version: version)
        let lock = String(decoding: bytes, as: UTF8.self)
        // Those of the environment itself: a lock may name packages for other systems.
        let packages = spool.packages(of: facts.key) ?? LockedPackages.names(in: lock, named: facts.lock)
        return [
            JSON.Member("environment", .object(JSON.environment(facts))),
            JSON.Member("packages", .array(packages.map(JSON.package))),
            JSON.Member("lock", .string(facts.lock)), JSON.Member("content", .string(lock)),
        ]
    }
}

extension JSON {
    /// A package by `NAME-VERSION`; a name has no hyphen in the directories of an environment, a version has none.
    fileprivate static func package(_ text: String) -> JSON {
        guard let sign = text.lastIndex(of: "-") else { return .object([Member("name", .string(text))]) }
        return .object([
            Member("name", .string(String(text[..<sign]))),
            Member("version", .string(String(text[text.index(after: sign)...]))),
        ])
    }
}
