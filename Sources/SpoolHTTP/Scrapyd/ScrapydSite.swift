internal import Authentication
internal import Forms
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SpoolModel
internal import SpoolStore

/// scrapyd 1.6 over the same spool: its endpoints and pages, on interfaces of their own. Their work on the spool is
/// done by the functions of the main API.
struct ScrapydSite: Sendable {
    let api: API

    var settings: ClientSettings { api.settings.clients }
    var spool: Spool { api.spool }

    /// Answers one request. Throws errors in scrapyd's shape.
    ///
    /// - Parameter departure: ends pending work when the client disconnects.
    func answer(
        _ request: Request, _ body: Body, from peer: Peer, until departure: Departure
    ) async throws -> APIResponse {
        do {
            if let error = MessageRules.Refusal.error(of: request.headers) { throw error }
            if let refusal = try checkLogin(of: request, from: peer) { return refusal }
            guard let endpoint = ScrapydEndpoint(target: request.uri.string) else {
                try api.checkOrigin(of: request, from: peer, isChange: false)
                return ScrapydPage.notFound
            }
            if request.method == .options {
                return endpoint.isPage
                    ? ScrapydPage.message(.notImplemented, "The method OPTIONS is not known here")
                    : .adding([.allow: endpoint.allow], .empty)
            }
            try api.checkOrigin(of: request, from: peer, isChange: endpoint.isChange)
            do {
                return endpoint.isPage
                    ? try await page(endpoint, request, from: peer)
                    : try await answer(to: endpoint, request, body, from: peer, until: departure)
            } catch var error as APIError where endpoint != .addVersion {
                // Clients show no message of another status. A failed deploy keeps its own: by it scrapyd-deploy fails.
                if !error.closes, [400, 404, 500, 503, 507].contains(error.status.code) { error.status = .ok }
                throw error
            }
        } catch var error as APIError {
            error.nodeName = settings.nodeName
            throw error
        }
    }

    /// The refusal of a request without the login; nil for one with it, or if none is needed.
    private func checkLogin(of request: Request, from peer: Peer) throws(APIError) -> APIResponse? {
        guard let login = settings.login else { return nil }
        switch login.check(request.headers[.authorization], from: peer.address, at: .now) {
        case .known: return nil
        case .limited(let seconds): throw .limited(seconds)
        case .unknown:
            if request.headers[.authorization] != nil {
                let header = request.headers[.authorization].flatMap { AuthorizationHeader($0) }
                api.logins.note(
                    user: header?.userHint ?? "", scheme: header?.scheme ?? "", from: peer.shown,
                    "the wrong login for clients of scrapyd", at: .now)
            }
            return ScrapydPage.unauthorized
        }
    }

    private func answer(
        to endpoint: ScrapydEndpoint, _ request: Request, _ body: Body, from peer: Peer, until departure: Departure
    ) async throws -> APIResponse {
        let isKnown = endpoint.isChange ? request.method == .post : request.method == .get || request.method == .head
        guard isKnown else { throw APIError.scrapyd(endpoint.unsupported) }
        let admission = Admission(user: settings.login?.user)
        let requester = endpoint.isChange ? await api.requester(admission, peer) : nil
        if endpoint == .addVersion { return try await addVersion(request, body, until: departure, by: requester) }
        var fields = try query(of: request)
        if endpoint.isChange {
            guard let form = try form(of: request) else { return ScrapydPage.message(.badRequest, "") }
            fields.take(body: try await read(body, form.parser, isURLEncoded: form.isURLEncoded, into: ScrapydFields()))
        }
        switch endpoint {
        case .daemonStatus: return try await daemonStatus()
        case .listProjects: return try await listProjects()
        case .listVersions: return try await listVersions(fields)
        case .listSpiders: return try await listSpiders(fields)
        case .listJobs: return try await listJobs(fields)
        case .status: return try await status(fields)
        case .schedule: return try await schedule(fields, by: requester)
        case .cancel: return try await cancel(fields, until: departure, by: requester)
        case .deleteVersion: return try await deleteVersion(fields, until: departure, by: requester)
        case .deleteProject: return try await deleteProject(fields, until: departure, by: requester)
        case .addVersion, .home, .jobs, .logs, .items: return ScrapydPage.notFound
        }
    }

    private func page(_ endpoint: ScrapydEndpoint, _ request: Request, from peer: Peer) async throws -> APIResponse {
        guard request.method == .get || request.method == .head else {
            let isPost = request.method == .post
            let page = ScrapydPage.message(
                isPost ? .methodNotAllowed : .notImplemented, "The method \(request.method) is not allowed here")
            return isPost ? .adding([.allow: endpoint.allow], page) : page
        }
        let prefix = request.headers[.xForwardedPrefix].flatMap { Peer.path($0[...]) } ?? ""
        switch endpoint {
        case .jobs: return try await jobsPage(below: prefix)
        case .logs(let path): return try await files(path, of: Spool.logs)
        case .items(let path):
            guard settings.hasItems else { return ScrapydPage.notFound }
            return try await files(path, of: Spool.items)
        default: return try await home(below: prefix)
        }
    }

    // MARK: Parameters

    /// The parameters in the query.
    func query(of request: Request) throws(APIError) -> ScrapydFields {
        let query = request.uri.string.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst()
        var fields = ScrapydFields()
        do throws(FormError) {
            var parser = URLEncodedParser()
            try parser.consume(ScrapydFields.withoutSemicolons(query).span, into: &fields)
            try parser.finish(into: &fields)
        } catch {
            throw APIError(error)
        }
        return fields
    }

    /// The parser of a request's body: nil for a multipart form without a boundary. Other types are not parsed.
    func form(of request: Request) throws(APIError) -> (parser: FormBody?, isURLEncoded: Bool)? {
        guard let type = request.headers[.contentType] else { return (nil, false) }
        do throws(FormError) {
            return (try FormBody(contentType: type), FormBody.mediaType(of: type).hasSuffix("urlencoded"))
        } catch {
            return nil
        }
    }

    /// Reads a body into fields.
    ///
    /// - Parameter pause: called between pieces of the body.
    func read(
        _ body: Body, _ parser: FormBody?, isURLEncoded: Bool, into fields: ScrapydFields,
        _ pause: () async throws -> Void = {}
    ) async throws -> ScrapydFields {
        var fields = fields
        guard var parser else { return fields }
        do {
            while let chunk = try await body.next() {
                if isURLEncoded, chunk.readableBytesView.contains(UInt8(ascii: ";")) {
                    try parser.consume(ScrapydFields.withoutSemicolons(chunk.readableBytesView).span, into: &fields)
                } else {
                    try parser.consume(chunk.readableBytesUInt8Span, into: &fields)
                }
                try await pause()
            }
            try parser.finish(into: &fields)
        } catch let error as FormError {
            throw APIError(error)
        }
        return fields
    }

    // MARK: Answers

    /// A successful answer.
    func ok(_ members: [JSON.Member] = []) -> APIResponse { .json(ScrapydAnswer.ok(members, by: settings.nodeName)) }

    /// A project by its name; throws scrapyd's error if there is none.
    func project(_ name: String) async throws -> ProjectMetadata {
        let known = try await api.look(into: api.projects) { content in
            ProjectName(name).flatMap { content.project($0) }
        }
        guard let known else { throw APIError.scrapyd("project '\(name)' not found") }
        return known
    }
}
