internal import Authentication
internal import HTTPTypes
internal import Hummingbird
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
    func admit(_ request: Request, to endpoint: Endpoint, from peer: Peer) async throws {
        guard let authenticator = settings.authenticator else { return }
        let attempt = Attempt(
            method: request.method.rawValue, target: request.uri.string, header: request.headers[.authorization],
            address: peer.address, isPrivate: peer.isPrivate, prefix: peer.prefix)
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
            guard scope >= endpoint.scope else {
                throw APIError(
                    .forbidden, "\(user) may \(scope.deed), but this needs somebody who may \(endpoint.scope.deed)")
            }
        case .unknown(let challenges, let message):
            if attempt.header != nil {
                logger.notice("Refused a login", metadata: ["address": "\(peer.shown)", "reason": "\(message)"])
            }
            var error = APIError(.unauthorized, message)
            error.challenges = challenges
            throw error
        case .limited(let seconds):
            var error = APIError(.tooManyRequests, "Too many wrong passwords: try again in \(seconds) s")
            error.retryAfter = seconds
            throw error
        }
    }
}

extension Endpoint {
    /// What somebody must be allowed to use it.
    var scope: Scope {
        switch self {
        case .status, .listProjects, .listSpiders, .listJobs, .log, .page, .pageFile, .overview, .describeProjects,
            .statistics, .nextRuns, .listFiles, .getFile, .events, .openAPI:
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
}
