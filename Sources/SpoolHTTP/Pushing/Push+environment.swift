internal import HTTPTypes
internal import LinuxSystem
internal import ProjectArchive
internal import ProjectPython
internal import SpoolModel
internal import SpoolStore

/// The Python environment of a pushed project.
extension Push {
    /// What a push needs of its environment.
    struct Environment {
        /// The environment; nil for the server's Scrapy.
        var made: EnvironmentBuilder.Made?
        /// The absolute path of the virtual environment; nil for the server's Scrapy.
        var path: String?
        /// Remarks for the client.
        var warnings: [String] = []
    }

    /// Seconds after which a push may be repeated that failed because an index could not be reached.
    private static let delay = 60

    /// Builds the environment of the project, or finds it.
    ///
    /// Throws 400 with the cause if it cannot be built, 503 if it may be later.
    func environment(
        of layout: ProjectLayout, digest: String, settings: APISettings, by builder: EnvironmentBuilder
    ) throws -> Environment {
        let inside: @Sendable () throws(SystemError) -> VersionCode = { [self] () throws(SystemError) in
            VersionCode(try staging.code.duplicate(), directory: layout.directory)
        }
        let top: @Sendable () throws(SystemError) -> VersionCode = { [self] () throws(SystemError) in
            VersionCode(try staging.code.duplicate(), directory: ".")
        }
        let places = layout.directory == "." ? [top] : [inside, top]
        guard builder.settings.uv != nil else {
            guard let file = builder.packageFileName(in: places) else { return Environment() }
            return Environment(warnings: [
                "The packages that \(file) names are not installed: this server has no uv, so the project runs with the "
                    + "server's Scrapy and the packages beside it. Install uv beside the server's Scrapy (`pip install uv` in "
                    + "its virtual environment), or name it with the key `uv`, and push again"
            ])
        }
        do throws(EnvironmentFailure) {
            guard let made = try builder.environment(in: places, archive: digest) else { return Environment() }
            let path: String
            do throws(SpoolError) {
                path = try spool.openEnvironment(made.facts.key, for: settings.account)
            } catch {
                throw EnvironmentFailure(.install, .passing, error.description)
            }
            return Environment(made: made, path: path, warnings: made.warnings)
        } catch {
            throw Push.apiError(error)
        }
    }

    private static func apiError(_ failure: EnvironmentFailure) -> APIError {
        let hint = "; nothing was pushed"
        var error: APIError
        switch failure.kind {
        case .refused: error = .badRequest(failure.description)
        case .passing: error = APIError(.serviceUnavailable, failure.description + hint)
        case .full: error = APIError(SpoolError(.full, failure.description + hint))
        }
        if failure.kind == .passing { error.retryAfter = delay }
        error.members = [JSON.Member("stage", .string(failure.stage.rawValue))]
        if !failure.output.isEmpty { error.members.append(JSON.Member("build", .string(failure.output))) }
        return error
    }
}

extension JSON.Member {
    /// The environment in the answer to a push.
    static func environment(_ made: EnvironmentBuilder.Made) -> JSON.Member {
        JSON.Member(
            "environment",
            .object(
                JSON.environment(made.facts) + [
                    JSON.Member("seconds", .number("\(made.milliseconds / 1000).\(made.milliseconds % 1000 / 100)")),
                    JSON.Member("shared", .bool(made.isShared)),
                ]))
    }
}

extension JSON {
    /// The members of an environment in answers.
    static func environment(_ facts: EnvironmentFacts) -> [JSON.Member] {
        [
            Member("key", .string(facts.key.description)), Member("python", .string(facts.python)),
            Member("scrapy", .string(facts.scrapy)), Member("packages", .number(facts.packages)),
            Member("input", .string(facts.input)),
        ]
    }
}
