internal import Authentication
internal import HTTPTypes
internal import Hummingbird
internal import LinuxSystem
internal import Logging
internal import SpoolModel

extension API {
    /// Lets a request pass, or throws 403 for one that a page of another site has sent.
    func checkOrigin(of request: Request, from peer: Peer, isChange: Bool) throws(APIError) {
        let claims = OriginPolicy.Claims(
            host: request.head.authority, forwardedHost: peer.host, isBySocket: peer.isSocket,
            origin: request.headers[.origin],
            fetchSite: request.headers[.secFetchSite])
        if let reason = settings.origins.refusal(of: claims, isChange: isChange) {
            throw APIError(.forbidden, reason)
        }
    }

    /// The header fields that let pages of an allowed origin see the answer (Fetch §3.2); none for everybody else.
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

    /// Lets a request pass, or throws 401 for somebody who does not say who they are, 403 for what they may not do, and
    /// 429 for who guesses too often.
    @discardableResult
    func admit(_ request: Request, to endpoint: Endpoint, from peer: Peer) async throws -> Admission {
        guard let authenticator = settings.authenticator, !endpoint.isOpen else { return Admission() }
        let attempt = Attempt(
            method: request.method.rawValue, target: request.uri.string, header: request.headers[.authorization],
            address: peer.address, isPrivate: peer.isPrivate, prefix: peer.prefix,
            sessions: cookie.secrets(in: request.headers),
            isOfPage: request.headers[.secFetchSite] == "same-origin" && request.headers[.secFetchMode] != "navigate",
            // Those that are asked for again and again, and whose address is in the form's directory.
            canRenew: endpoint == .page || endpoint == .overview || endpoint == .events)
        // A hash of a password takes its time.
        let outcome = try await blocking { [logger] in
            do throws(CredentialFile.Problem) {
                return try authenticator.authenticate(attempt, at: .now)
            } catch {
                logger.error("Nobody gets in: \(error)")
                throw APIError(.internalServerError, "The server cannot read its users; its log says why")
            }
        }
        switch outcome {
        case .known(let user, let scope):
            try check(user, scope, endpoint)
            let isToken = attempt.header.flatMap { AuthorizationHeader($0) }?.scheme == "bearer"
            return Admission(user: user, isToken: isToken)
        case .session(let user, let scope, let renewal):
            try check(user, scope, endpoint)
            return Admission(
                user: user, hasSession: true, fields: renewal.map { cookie.fields(setting: $0, for: peer) } ?? [:])
        case .unknown(let challenges, let message):
            // With a nonce that is too old the client only has to try again.
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

    private func check(_ user: String, _ scope: Scope, _ endpoint: Endpoint) throws(APIError) {
        guard scope < endpoint.scope else { return }
        throw APIError(.forbidden, "\(user) may \(scope.deed), but this needs somebody who may \(endpoint.scope.deed)")
    }

    private func noteRefusal(of attempt: Attempt, from peer: Peer, _ reason: String) {
        // A request without a login is how one asks for the challenge.
        guard let header = attempt.header else { return }
        let known = AuthorizationHeader(header)
        logins.note(
            user: known?.userHint ?? "", scheme: known?.scheme ?? "", from: peer.shown, reason, at: .now)
    }

    /// Who asks for a change, as far as that is known: who has logged in, or else the user of this machine at the other end
    /// of a Unix socket.
    func requester(_ admission: Admission, _ peer: Peer) async -> Requester? {
        if let user = admission.user { return Requester(user: user, isToken: admission.isToken) }
        guard let number = await peer.machineUser else { return nil }
        return Requester(machineUser: AccountEntry.name(of: number) ?? "\(number)")
    }

    /// Says in the log what somebody has done: as a notice where it is known who.
    func note(_ deed: String, by requester: Requester?, _ facts: KeyValuePairs<String, String>) {
        var metadata: Logger.Metadata = [:]
        for (key, value) in facts { metadata[key] = "\(value.logWord)" }
        guard let requester else { return logger.info("\(deed)", metadata: metadata) }
        metadata["by"] = "\(requester.description.logWord)"
        logger.notice("\(deed)", metadata: metadata)
    }
}

/// Who was let in.
struct Admission {
    /// The user; nil where nobody has to say who they are.
    var user: String?
    /// Whether they have used a token.
    var isToken = false
    /// Whether they have logged in by the form, and can log out.
    var hasSession = false
    /// Header fields that the answer is to have.
    var fields: HTTPFields = [:]
}

extension APIError {
    /// Too many wrong passwords, and the seconds until another one is looked at.
    static func limited(_ seconds: Int) -> APIError {
        var error = APIError(.tooManyRequests, "Too many wrong passwords: try again in \(seconds) s")
        error.retryAfter = seconds
        return error
    }
}

extension Endpoint {
    /// What somebody must be allowed to use it.
    var scope: Scope {
        switch self {
        case .status, .listProjects, .listSpiders, .listJobs, .log, .page, .pageFile, .overview, .describeProjects,
            .statistics, .nextRuns, .listFiles, .getFile, .events, .openAPI, .logIn, .logOut:
            .read
        case .scheduleJob, .cancelJob: .run
        case .pushProject, .removeProject: .deploy
        }
    }
}

extension Scope {
    /// What it allows, in words.
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
