internal import Authentication
internal import Forms
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import SpoolModel

/// The login by a form for browsers, which then keep a cookie.
extension API {
    /// The login form for a browser that requests the page without a login; nil for other programs, which get a
    /// challenge in header fields.
    ///
    /// - Parameter message: the error of the previous login, if there was one.
    func loginForm(for request: Request, from peer: Peer, _ message: String? = nil) -> APIResponse? {
        guard request.isNavigation, request.headers[.authorization] == nil, peer.isPrivate else { return nil }
        return form(LoginForm(target: String(request.uri.string.drop { $0 != "?" }), message: message), .unauthorized)
    }

    /// `login`: handles the submitted form. On success it redirects to the page.
    func logIn(_ request: Request, _ body: Body, from peer: Peer) async throws -> APIResponse {
        guard let authenticator = settings.authenticator else {
            throw APIError(.notFound, "This server asks for no login")
        }
        guard request.method == .post else { return .seeOther(place(for: peer)) }
        var form = LoginForm(target: "")
        do {
            try checkOrigin(of: request, from: peer, isChange: true)
            guard peer.isPrivate else {
                throw APIError(
                    .forbidden, "A password is accepted only by https: otherwise it could be read on its way")
            }
            let fields = try await parameters(of: request, to: .logIn, body).form
            form = LoginForm(target: try fields.value("target"), user: try fields.value("user"))
            let (user, password) = (form.user, try fields.value("password"))
            let outcome = try await blocking { [logger] in
                do throws(CredentialFile.Problem) {
                    return try authenticator.logIn(user: user, password: password, address: peer.address, at: .now)
                } catch {
                    logger.error("Cannot read the file of users, refusing all logins: \(error)")
                    throw APIError(
                        .internalServerError, "The server cannot read its file of users; the reason is in its log")
                }
            }
            switch outcome {
            case .done(let secret):
                // End the session that the browser had before, of this user or another.
                authenticator.logOut(cookie.secrets(in: request.headers))
                logger.info("Logged in", metadata: ["user": "\(user.logWord)", "address": "\(peer.shown)"])
                return .adding(
                    cookie.fields(setting: secret, for: peer),
                    request.takesPages ? .seeOther(place(for: peer) + form.target) : .ok())
            case .wrong:
                let message = "The name or the password is wrong"
                logins.note(user: user, scheme: "form", from: peer.shown, message, at: .now)
                var error = APIError(.unauthorized, message)
                error.challenges = [Authenticator.formChallenge]
                throw error
            case .limited(let seconds):
                logins.note(user: user, scheme: "form", from: peer.shown, "too many wrong passwords", at: .now)
                throw APIError.limited(seconds)
            }
        } catch let error as APIError {
            guard request.takesPages, !error.closes else { throw error }
            form.message = error.message
            return self.form(form, error.status, retryAfter: error.retryAfter)
        }
    }

    /// `logout`: ends the session.
    func logOut(_ request: Request, from peer: Peer) throws(APIError) -> APIResponse {
        guard let authenticator = settings.authenticator else {
            throw APIError(.notFound, "This server asks for no login")
        }
        guard request.method == .post else { return .seeOther(place(for: peer)) }
        try checkOrigin(of: request, from: peer, isChange: true)
        authenticator.logOut(cookie.secrets(in: request.headers))
        return .adding(cookie.fieldsClearing(for: peer), request.takesPages ? .seeOther(place(for: peer)) : .ok())
    }

    /// The address of the page, as the client knows it. curl resolves `./` wrongly when a query follows it, so the path
    /// is given where it is known.
    private func place(for peer: Peer) -> String { peer.prefix.isEmpty ? "./" : "\(peer.prefix)/" }

    private func form(_ form: LoginForm, _ status: HTTPResponse.Status, retryAfter: Int? = nil) -> APIResponse {
        guard let file = PageFile.all["login.html"] else { return .json([], .internalServerError) }
        var fields = HTTPFields()
        if status == .unauthorized { fields[.wwwAuthenticate] = Authenticator.formChallenge }
        if let retryAfter { fields[.retryAfter] = String(retryAfter) }
        return .adding(fields, .document(Document(file, form, status: status)))
    }
}

extension FormFields? {
    fileprivate func value(_ name: String) throws(APIError) -> String {
        guard let fields = self else { return "" }
        do throws(FormError) {
            return try fields.text(name) ?? ""
        } catch {
            throw APIError(.badRequest, error.message)
        }
    }
}

extension Request {
    /// Whether the client displays HTML.
    fileprivate var takesPages: Bool { headers[.accept]?.lowercased().contains("text/html") ?? false }

    /// Whether a browser navigates to the page.
    fileprivate var isNavigation: Bool { takesPages && (method == .get || method == .head) }
}
