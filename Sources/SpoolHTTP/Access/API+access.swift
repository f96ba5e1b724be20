internal import Authentication
internal import HTTPTypes
internal import Hummingbird
internal import LinuxSystem
internal import Logging
internal import SpoolModel

extension API {
    /// Checks the origin of a request. Throws 403 for one from another site's page.
    func checkOrigin(of request: Request, from peer: Peer, isChange: Bool) throws(APIError) {
        let claims = OriginPolicy.Claims(
            host: request.head.authority, forwardedHost: peer.host, isBySocket: peer.isSocket,
            origin: request.headers[.origin],
            fetchSite: request.headers[.secFetchSite])
        if let reason = settings.origins.refusal(of: claims, isChange: isChange) {
            throw APIError(.forbidden, reason)
        }
    }

    /// The CORS header fields that let pages of an allowed origin read the answer (Fetch §3.2); empty for other
    /// origins.
    func sharingFields(for request: Request) -> HTTPFields {
        guard let origin = request.headers[.origin], settings.origins.isAllowed(origin) else { return [:] }
        var fields = HTTPFields()
        fields[.accessControlAllowOrigin] = origin
        fields[.accessControlAllowCredentials] = "true"
        fields[.vary] = "Origin"
        guard request.method == .options else { return fields }
        fields[.accessControlAllowMethods] = "GET, HEAD, POST"
        fields[.accessControlAllowHeaders] = "Authorization, Content-Type"
        fields[.accessControlMaxAge] = "600"
        return fields
    }

    /// Checks the login of a request. Throws 401 without a valid one, 403 without the required scope, and 429 after too
    /// many failures.
    @discardableResult
    func admit(_ request: Request, to endpoint: Endpoint, from peer: Peer) async throws -> Admission {
        guard let authenticator = settings.authenticator, !endpoint.isOpen else { return Admission() }
        let attempt = LoginAttempt(
            method: request.method.rawValue, target: request.uri.string, header: request.headers[.authorization],
            address: peer.address, isPrivate: peer.isPrivate, prefix: peer.prefix,
            sessions: cookie.secrets(in: request.headers),
            isOfPage: request.headers[.secFetchSite] == "same-origin" && request.headers[.secFetchMode] != "navigate",
            // The endpoints that a page requests repeatedly and that are in the form's directory.
            canRenew: endpoint == .page || endpoint == .overview || endpoint == .events)
        // Hashing a password may take some time.
        let outcome = try await blocking { [logger] in
            do throws(CredentialFile.Problem) {
                return try authenticator.authenticate(attempt, at: .now)
            } catch {
                logger.error("Cannot read the file of users, refusing all logins: \(error)")
                throw APIError(
                    .internalServerError, "The server cannot read its file of users; the reason is in its log")
            }
        }
        switch outcome {
        case .known(let user, let scope):
            try check(user, scope, endpoint)
            let isToken = attempt.header.flatMap { AuthorizationHeader($0) }?.scheme == "bearer"
            return Admission(user: user, scope: scope, isToken: isToken)
        case .session(let user, let scope, let renewal):
            try check(user, scope, endpoint)
            return Admission(
                user: user, scope: scope, hasSession: true,
                fields: renewal.map { cookie.fields(setting: $0, for: peer) } ?? [:])
        case .unknown(let challenges, let message):
            // With a stale nonce the client just tries again.
            if !challenges.contains(where: { $0.contains("stale=true") }) {
                noteRefusal(of: attempt, from: peer, message)
            }
            var error = APIError(.unauthorized, message)
            error.challenges = challenges
            throw error
        case .limited(let seconds):
            noteRefusal(of: attempt, from: peer, "too many wrong passwords")
            throw APIError.limited(seconds)
        }
    }

    /// Checks that a request may see data that belong to another endpoint than its own. Throws 403 otherwise.
    func check(_ admission: Admission, mayUse endpoint: Endpoint) throws(APIError) {
        if let user = admission.user, let scope = admission.scope { try check(user, scope, endpoint) }
    }

    private func check(_ user: String, _ scope: Scope, _ endpoint: Endpoint) throws(APIError) {
        guard scope < endpoint.scope else { return }
        throw APIError(.forbidden, "\(user) may \(scope.deed), but this needs a login that may \(endpoint.scope.deed)")
    }

    private func noteRefusal(of attempt: LoginAttempt, from peer: Peer, _ reason: String) {
        // A request without a login only asks for the challenge.
        guard let header = attempt.header else { return }
        let known = AuthorizationHeader(header)
        logins.note(
            user: known?.userHint ?? "", scheme: known?.scheme ?? "", from: peer.shown, reason, at: .now)
    }

    /// The requester of a change, if known: the logged-in user, or else the user at the other end of a Unix socket.
    func requester(_ admission: Admission, _ peer: Peer) async -> Requester? {
        if let user = admission.user { return Requester(user: user, isToken: admission.isToken) }
        guard let number = await peer.machineUser else { return nil }
        return Requester(machineUser: AccountEntry.name(of: number) ?? "\(number)")
    }

    /// Logs a user's action, at the level notice if the requester is known.
    func note(_ deed: String, by requester: Requester?, _ facts: KeyValuePairs<String, String>) {
        var metadata: Logger.Metadata = [:]
        for (key, value) in facts { metadata[key] = "\(value.logWord)" }
        guard let requester else { return logger.info("\(deed)", metadata: metadata) }
        metadata["by"] = "\(requester.description.logWord)"
        logger.notice("\(deed)", metadata: metadata)
    }
}

/// An admitted request's login.
struct Admission {
    /// The user; nil if no login is needed.
    var user: String?
    /// The rights of the login; nil if no login is needed.
    var scope: Scope?
    /// Whether the login was a token.
    var isToken = false
    /// Whether the login is a session of the form, which can be ended.
    var hasSession = false
    /// Header fields to add to the answer.
    var fields: HTTPFields = [:]
}

extension APIError {
    /// Too many wrong passwords, and the seconds until the next is checked.
    static func limited(_ seconds: Int) -> APIError {
        var error = APIError(.tooManyRequests, "Too many wrong passwords: try again in \(seconds) s")
        error.retryAfter = seconds
        return error
    }
}

extension Endpoint {
    /// The scope that a login needs for it.
    var scope: Scope {
        switch self {
        case .status, .listProjects, .listSpiders, .listJobs, .searchLogs, .log, .page, .pageFile, .overview,
            .describeProjects,
            .statistics, .nextRuns, .listFiles, .getFile, .getArchive, .getStats, .listVersions, .getEnvironment,
            .listVariables, .events, .openAPI, .metrics, .health, .readiness, .logIn, .logOut:
            .read
        case .scheduleJob, .cancelJob, .pinJob, .pauseSchedule, .editSchedule: .run
        case .pushProject, .deleteJob, .removeProject, .setVersion, .setVariables, .listUsers: .deploy
        }
    }
}

extension Scope {
    /// The rights of the scope, in words.
    fileprivate var deed: String {
        switch self {
        case .read: "look at everything"
        case .run: "schedule and cancel jobs"
        case .deploy: "push and remove projects"
        }
    }
}

extension HTTPField.Name {
    fileprivate static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    fileprivate static let secFetchMode = HTTPField.Name("Sec-Fetch-Mode")!
}
