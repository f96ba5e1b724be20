internal import HTTPTypes
internal import NIOCore
internal import NIOPosix
internal import SpoolModel

extension API {
    /// The most bytes of an answer that is written at once: longer ones are written in pieces, so that other
    /// connections are served in between.
    static let promptLimit = 128 << 10

    /// The answer to a request that needs neither the disk nor a login, for the event loop. Nil for all other requests,
    /// invalid ones included: ``answer(_:_:from:until:)`` handles them.
    func fastAnswer(to request: HTTPRequest, from peer: Peer) -> FastResponse? {
        guard let (endpoint, path) = fastEndpoint(of: request, from: peer) else { return nil }
        let hasQuery = path.utf8.contains(UInt8(ascii: "?"))
        let answer: APIResponse?
        switch endpoint {
        case .status where !hasQuery: answer = fastStatus()
        case .listProjects where !hasQuery: answer = fastProjects()
        case .listJobs where hasQuery:
            // A query with errors is left to the general path, which reports them.
            guard let parameters = try? Parameters(path: path), parameters.areAllRead(by: endpoint) else { return nil }
            // As above.
            answer = try? fastJobs(parameters)
        default: answer = nil
        }
        return answer.flatMap(FastResponse.init)
    }

    /// Opens the log that a client asks to follow, if that needs no login: all of a log, or its end. The result is nil
    /// where ``log(_:_:until:)`` has to answer: the log is not there yet, the job has ended, or something is wrong.
    func fastFollower(of request: HTTPRequest, from peer: Peer, on channel: any Channel) -> EventLoopFuture<
        LogFollower?
    >? {
        guard let (endpoint, path) = fastEndpoint(of: request, from: peer), case .log(let file) = endpoint,
            request.headerFields[.range] == nil, file.hasSuffix(".err") || file.hasSuffix(".out"),
            let id = JobID(file.dropLast(4))
        else { return nil }
        let name = file.hasSuffix(".err") ? "job.err" : "job.out"
        let portion: LogPortion
        do throws(APIError) {
            let parameters = try Parameters(path: path)
            guard parameters.areAllRead(by: endpoint) else { return nil }
            portion = try LogPortion(parameters)
        } catch {
            // The general path reports it.
            return nil
        }
        let patience = settings.clientTimeout
        return threads.runIfActive(eventLoop: channel.eventLoop) { [feeds] in
            try feeds.follower(of: id, file: name, from: portion, on: channel, patience: patience)
        }
    }

    /// The endpoint and the path of a request that the fast path may answer; nil for others.
    private func fastEndpoint(of request: HTTPRequest, from peer: Peer) -> (endpoint: Endpoint, path: String)? {
        let settings = settings
        guard request.method == .get, settings.authenticator == nil, !request.isSpecial,
            let path = request.path, let endpoint = Endpoint(path: path.prefix { $0 != "?" }),
            settings.trustedProxies.isEmpty || !request.isForwarded,
            settings.origins.isServed(request.authority, isBySocket: peer.isSocket)
        else { return nil }
        return (endpoint, path)
    }
}

extension HTTPRequest {
    /// Whether a proxy states for which host it forwards the request. The general path checks that host.
    fileprivate var isForwarded: Bool { headerFields[.xForwardedHost] != nil }

    /// Whether it has a header field that needs more than a plain answer.
    fileprivate var isSpecial: Bool {
        headerFields.contains { field in
            switch field.name {
            case .connection: field.value.lowercased() != "keep-alive"
            case .origin, .expect, .contentLength, .transferEncoding, MessageRules.refusal: true
            default: false
            }
        }
    }
}

extension FastResponse {
    /// A short JSON text; nil for an answer of another kind.
    fileprivate init?(_ answer: APIResponse) {
        switch answer {
        case .json(let bytes, .ok): body = ByteBuffer(bytes: bytes)
        case .pieces(let pieces):
            guard pieces.reduce(0, { $0 + $1.readableBytes }) <= API.promptLimit else { return nil }
            body = ByteBuffer(pieces)
        default: return nil
        }
    }
}
