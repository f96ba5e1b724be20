internal import Crypto
internal import Forms
internal import HTTPTypes
internal import Hummingbird
internal import LinuxSystem
internal import Logging
internal import NIOCore
internal import SpoolModel
internal import SpoolStore

/// Projects and versions.
extension ScrapydSite {
    /// `listprojects.json`.
    func listProjects() async throws -> APIResponse {
        let projects = try await api.look(into: api.projects) { $0.projects }
        return ok([JSON.Member("projects", .array(projects.map { .string($0.name.description) }))])
    }

    /// `listversions.json`: the last version is the one in use. A project that there is not has none.
    func listVersions(_ fields: ScrapydFields) async throws -> APIResponse {
        let name = try fields.required("project")
        let valid = try component(name)
        let project = try await api.look(into: api.projects) { content in valid.flatMap { content.project($0) } }
        guard let project else { return ok([JSON.Member("versions", .array([]))]) }
        let versions = try await api.inTree { [spool] () throws(SpoolError) in try spool.namedVersions(of: project) }
        return ok([
            JSON.Member("versions", .array(versions.compactMap { $0.clientName.map { .string($0.key) } }))
        ])
    }

    /// `listspiders.json`: the spiders of a version, sorted.
    func listSpiders(_ fields: ScrapydFields) async throws -> APIResponse {
        let name = try fields.required("project")
        let version = try fields.text("_version")
        let spiders = try await spiders(of: try await project(name), in: version)
        return ok([JSON.Member("spiders", .array(spiders.map { .string($0.description) }))])
    }

    /// The spiders of a version; of the current one for nil and an empty name.
    func spiders(of project: ProjectMetadata, in version: String?) async throws -> [SpiderName] {
        guard let version, !version.isEmpty else { return project.spiders }
        let found = try await api.inTree { [spool] () throws(SpoolError) in
            try spool.version(named: version, of: project)
        }
        guard let found else { throw APIError.scrapyd("version '\(version)' not found") }
        return found.spiders
    }

    /// `addversion.json`: a push whose sender names the project and the version. A failed one changes nothing.
    ///
    /// If the egg is refused the status is 400, and not 200 as elsewhere: only then scrapyd-deploy ends with an error, which a
    /// build that deploys has to see.
    func addVersion(
        _ request: Request, _ body: Body, until departure: Departure, by requester: Requester?
    ) async throws -> APIResponse {
        guard let form = try form(of: request) else { return ScrapydPage.message(.badRequest, "") }
        try api.checkRoom(for: body)
        var fields = try query(of: request)
        let push = try await api.inTree { [spool] () throws(SpoolError) in try Push(in: spool) }
        do {
            let digest = try await receive(body, form.parser, isURLEncoded: form.isURLEncoded, into: push, &fields)
            let (project, version) = (try fields.required("project"), try fields.required("version"))
            guard let digest else { throw APIError.scrapyd("'egg' parameter is required") }
            let target = try await target(project, version, of: push)
            let settings = api.settings
            let outcome = try await api.pushes.run(until: departure) { [environments = api.environments] turn in
                try push.publish(
                    digest: digest, isFile: true, mayBeEmpty: true, as: target, settings: settings,
                    environments: environments, turn: turn, at: .now, by: requester)
            }
            for warning in outcome.warnings {
                api.logger.warning("\(project) version \(version) was pushed: \(warning)")
            }
            api.note("Pushed", by: requester, ["project": "\(project)", "version": "\(version)"])
            return ok([
                JSON.Member("project", .string(project)), JSON.Member("version", .string(version)),
                JSON.Member("spiders", .number(outcome.spiderCount)),
            ])
        } catch {
            try await api.blocking { push.discard() }
            guard var refusal = error as? APIError else { throw error }
            if refusal.message.hasPrefix(SpiderList.failure) {
                refusal = refusal.saying("RunnerError: \(refusal.message)")
            }
            throw refusal
        }
    }

    /// Reads the form of a deploy, the egg into the push's file.
    ///
    /// - Returns: the egg's SHA-256 in hexadecimal digits; nil without an egg.
    private func receive(
        _ body: Body, _ parser: FormBody?, isURLEncoded: Bool, into push: Push, _ fields: inout ScrapydFields
    ) async throws -> String? {
        let gathered = Gathered()
        var hash = SHA256()
        var received = 0
        let limit = api.settings.uploadLimit
        func store() async throws {
            received += gathered.bytes.count
            guard received <= limit else { throw api.tooLarge }
            try await api.write(gathered.take(), &hash, to: push)
        }
        var form = ScrapydFields(forwarding: "egg") { gathered.bytes.append(span: $0) }
        form = try await read(body, parser, isURLEncoded: isURLEncoded, into: form) {
            if gathered.bytes.count >= API.writeSize { try await store() }
        }
        let inQuery = fields.values("egg")?.first
        fields.take(body: form)
        if !form.hasForwarded {
            guard let inQuery else { return nil }
            gathered.bytes = inQuery
        }
        try await store()
        return hash.finalize().hexadecimal
    }

    private func target(_ project: String, _ version: String, of push: Push) async throws -> Push.Target {
        guard try await api.blocking({ try push.isZip() }) else {
            throw APIError.badRequest("egg is not a ZIP file (if using curl, use egg=@path not egg=path)")
        }
        guard let name = try component(project) else {
            throw APIError.badRequest(
                "project is invalid: a name has 1 to 255 bytes without control characters, and does not begin with a dot or a "
                    + "hyphen")
        }
        guard let version = VersionName(version) else {
            throw APIError.badRequest(
                "version is invalid: a version has 1 to \(VersionName.longest) bytes without control characters")
        }
        return Push.Target(project: name, version: version)
    }

    /// A name of a project that is to become, or is, the name of a directory; nil for one that no project has, as for
    /// an empty one. Throws scrapyd's error for a name that is not one component of a path.
    private func component(_ name: String) throws(APIError) -> ProjectName? {
        guard name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")) else {
            throw .badRequest("DirectoryTraversalError: \(name)")
        }
        return ProjectName(name)
    }

    /// `delversion.json`. The last version goes with its project.
    func deleteVersion(
        _ fields: ScrapydFields, until departure: Departure, by requester: Requester?
    ) async throws -> APIResponse {
        let (name, version) = (try fields.required("project"), try fields.required("version"))
        let valid = try component(name)
        let project = try await api.look(into: api.projects) { content in valid.flatMap { content.project($0) } }
        let missing = APIError.scrapyd("version '\(version)' not found")
        guard let project else { throw missing }
        let versions = try await api.inTree { [spool] () throws(SpoolError) in try spool.namedVersions(of: project) }
        guard versions.contains(where: { $0.clientName?.key == VersionName.key(version) }) else { throw missing }
        guard versions.count > 1 else {
            try await delete(project.name, until: departure, by: requester)
            return ok()
        }
        try await api.inTree { [spool] () throws(SpoolError) in
            try spool.removeVersion(named: version, of: project.name, at: .now, by: requester)
        }
        api.note("Removed a version", by: requester, ["project": "\(name)", "version": "\(version)"])
        return ok()
    }

    /// `delproject.json`: running jobs go on, pending ones are canceled.
    func deleteProject(
        _ fields: ScrapydFields, until departure: Departure, by requester: Requester?
    ) async throws -> APIResponse {
        let name = try fields.required("project")
        _ = try component(name)
        try await delete(try await project(name).name, until: departure, by: requester)
        return ok()
    }

    private func delete(_ name: ProjectName, until departure: Departure, by requester: Requester?) async throws {
        let jobs = try await api.look(into: api.active) { $0.jobs }.filter { $0.metadata.project == name }
        // Because of a schedule it may be refused, and a refused request changes nothing.
        let isFirst = jobs.contains { $0.status.state == .scheduled }
        if isFirst { try await remove(name) }
        for job in jobs where job.status.state == .pending {
            try await cancelPending(job.id, until: departure, by: requester)
        }
        if !isFirst { try await remove(name) }
        api.note("Removed the project", by: requester, ["project": "\(name)"])
    }

    private func remove(_ name: ProjectName) async throws {
        try await api.inTree { [spool] () throws(SpoolError) in
            do throws(SpoolError) {
                try spool.remove(name)
            } catch {
                guard error.code == .missing else { throw error }
                throw SpoolError(.missing, "project '\(name)' not found")
            }
        }
    }
}
