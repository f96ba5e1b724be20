internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// A client's connection with one server.
public final class Connection: Sendable {
    /// The maximum size of a response in bytes, except for logs.
    private static let answerLimit = 256 << 20
    /// The most bytes of a line of an answer that is passed on as it comes.
    private static let longestLine = 1 << 20
    /// How often a request is sent at most, with the retries for the server's challenges.
    private static let attempts = 5

    /// The server.
    public let address: ServerAddress
    private let credentials: Credentials
    private let client: HTTPClient
    private let authorizer: Mutex<Authorizer>
    private let warn: @Sendable (String) -> Void
    /// The warnings that were shown.
    private let warnings = Mutex<Set<String>>([])

    private init(
        _ address: ServerAddress, _ credentials: Credentials, _ client: HTTPClient,
        _ warn: @escaping @Sendable (String) -> Void
    ) {
        self.address = address
        self.warn = warn
        self.credentials = credentials
        self.client = client
        authorizer = Mutex(Authorizer(credentials, isPrivate: address.isPrivate))
    }

    /// Runs `body` with a connection to a server.
    ///
    /// - Parameters:
    ///   - verifying: whether the server's certificate is verified.
    ///   - authorityFile: a file of certificate authorities (PEM) to use instead of the system's.
    ///   - warn: called with the warnings in the server's answers, once with each text. The warnings in an answer that
    ///     refuses the request are part of the error.
    public static func with<Result>(
        _ address: ServerAddress, as credentials: Credentials, verifying: Bool = true, authorityFile: String? = nil,
        warn: @escaping @Sendable (String) -> Void = { _ in }, _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        if case .token = credentials, !address.isPrivate {
            throw ClientError(.usage, "a token would be readable on its way to \(address): use an https URL")
        }
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .seconds(10)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.tlsConfiguration = try tls(verifying: verifying, authorityFile)
        let client = HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
        do {
            let result = try await body(Connection(address, credentials, client, warn))
            await end(client)
            return result
        } catch {
            await end(client)
            throw error
        }
    }

    private static func end(_ client: HTTPClient) async {
        // The result, or the first error, is the one to report.
        try? await client.shutdown()
    }

    private static func tls(verifying: Bool, _ authorityFile: String?) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if !verifying { configuration.certificateVerification = .none }
        if let authorityFile {
            do {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authorityFile))
            } catch {
                throw ClientError(.usage, "\(authorityFile) cannot be read as a file of certificates (PEM)")
            }
        }
        return configuration
    }

    // MARK: Requests

    /// Sends a GET request.
    public func get(_ path: String, _ fields: [(name: String, value: String)] = []) async throws -> ServerReply {
        let query = fields.isEmpty ? "" : "?" + formEncoded(fields)
        return try await answer(try await send(.GET, "/\(path)\(query)"))
    }

    /// Sends a POST request with the fields of a form.
    public func post(_ path: String, _ fields: [(name: String, value: String)]) async throws -> ServerReply {
        let response = try await send(.POST, "/\(path)") { request in
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: formEncoded(fields)))
        }
        return try await answer(response)
    }

    /// Pushes an archive as a stream.
    ///
    /// - Parameters:
    ///   - archive: the descriptor of a file that must stay open until the end.
    ///   - mayBeEmpty: whether the push may remove all spiders of its project.
    ///   - usesServer: whether it is to run with the server's Scrapy, whatever packages it names.
    ///   - progress: called with the number of the archive's bytes read for sending so far.
    ///   - onAnswer: called when the answer begins, before its warnings are reported.
    public func push(
        archive: Int32, size: Int, mayBeEmpty: Bool = false, usesServer: Bool = false,
        progress: @escaping @Sendable (Int) -> Void, onAnswer: () -> Void = {}
    ) async throws -> ServerReply {
        // A large body should be sent only once, so a small request gets the challenge first.
        if case .password = credentials { _ = try await get("status.json") }
        let form = ArchiveForm(archive: archive, size: size, progress: progress)
        let query = (mayBeEmpty ? ["allow-empty=yes"] : []) + (usesServer ? ["environment=server"] : [])
        let path = "/push-project.json" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        let response = try await send(.POST, path) { request in
            request.headers.add(name: "Content-Type", value: form.contentType)
            request.body = .stream(form, length: .known(Int64(form.length)))
        }
        onAnswer()
        return try await answer(response)
    }

    /// Reads a log: up to its present end, or with `isFollowed` until the job ends.
    ///
    /// - Parameters:
    ///   - isFollowed: whether to wait for further output of a running job.
    ///   - start: how many bytes at the beginning to skip.
    ///   - body: called with the bytes as they arrive.
    func log(
        of job: String, _ stream: LogName, isFollowed: Bool, from start: Int, _ body: ([UInt8]) throws -> Void
    ) async throws {
        let response = try await send(.GET, "/get-log/data/\(percentEncoded(job)).\(stream.rawValue)") { request in
            if !isFollowed { request.headers.add(name: "Range", value: "bytes=0-") }
        }
        // A range of an empty log cannot be satisfied (RFC 9110 §15.5.17).
        if response.status == .rangeNotSatisfiable { return }
        var skipped = 0
        try await read(response) { buffer in
            let bytes = Array(buffer.dropFirst(max(0, start - skipped)))
            skipped = min(start, skipped + buffer.count)
            if !bytes.isEmpty { try body(bytes) }
        }
    }

    /// Downloads an answer of any length, which is not parsed unless it is an error.
    ///
    /// - Parameter body: called with the bytes as they arrive. If this throws later, there are more bytes.
    public func download(
        _ path: String, _ fields: [(name: String, value: String)], _ body: ([UInt8]) throws -> Void
    ) async throws {
        try await read(try await send(.GET, "/\(path)?\(formEncoded(fields))"), body)
    }

    /// Passes a response on as it comes, unless it is an error.
    private func read(_ response: HTTPClientResponse, _ body: ([UInt8]) throws -> Void) async throws {
        guard response.status == .ok || response.status == .partialContent else {
            _ = try await answer(response)
            throw ClientError(.unreachable, "the server answered with HTTP status \(response.status.code)")
        }
        tell(response.headers[Connection.warningField])
        try await translating(isAnswering: true) {
            for try await buffer in response.body { try body(Array(buffer.readableBytesView)) }
        }
    }

    /// Sends a GET request, and passes on each line of the answer without its line feed, as it comes.
    func lines(
        of path: String, _ fields: [(name: String, value: String)], _ body: (ArraySlice<UInt8>) throws -> Void
    ) async throws {
        var rest: [UInt8] = []
        try await download(path, fields) { bytes in
            rest += bytes
            var done = 0
            while let end = rest[done...].firstIndex(of: UInt8(ascii: "\n")) {
                try body(rest[done..<end])
                done = end + 1
            }
            rest.removeFirst(done)
            guard rest.count <= Connection.longestLine else { throw strange }
        }
        if !rest.isEmpty { try body(rest[...]) }
    }

    /// The error of an answer that this program does not know.
    var strange: ClientError {
        ClientError(.unreachable, "the answer of the program at \(address) is no scrapy-spool's")
    }

    /// The error of an answer whose end does not come.
    var brokenOff: ClientError {
        ClientError(
            .unreachable,
            "the server at \(address) ended its answer too early: it was stopped, or the connection was lost")
    }

    private func answer(_ response: HTTPClientResponse) async throws -> ServerReply {
        let bytes = try await translating(isAnswering: true) {
            Array(try await response.body.collect(upTo: Connection.answerLimit).readableBytesView)
        }
        let answer = try ServerReply(status: Int(response.status.code), bytes: bytes, from: address, as: credentials)
        tell(answer.texts("warnings"))
        return answer
    }

    /// Where the server puts its warnings when the body is no JSON.
    private static let warningField = "Scrapy-Spool-Warning"

    /// Reports the warnings in an answer.
    func tell(_ texts: [String]) {
        for text in texts where warnings.withLock({ $0.insert(text).inserted }) { warn(text) }
    }

    /// Sends a request, and sends it again with credentials if the server challenges it.
    private func send(
        _ method: HTTPMethod, _ target: String, _ prepare: (inout HTTPClientRequest) -> Void = { _ in }
    ) async throws -> HTTPClientResponse {
        var generator = SystemRandomNumberGenerator()
        for attempt in 1... {
            var request = HTTPClientRequest(url: address.base + target)
            request.method = method
            // The URL of a Unix socket names no host, but HTTP/1.1 requires one (RFC 9112 §3.2).
            if address.base.contains("+unix://") { request.headers.add(name: "Host", value: "localhost") }
            request.headers.add(name: "User-Agent", value: "scrapy-spool")
            request.headers.add(name: "Accept", value: "*/*")
            let clientNonce = String(generator.next(), radix: 16) + String(generator.next(), radix: 16)
            let header = authorizer.withLock {
                $0.header(method: method.rawValue, target: address.prefix + target, clientNonce: clientNonce)
            }
            if let header { request.headers.add(name: "Authorization", value: header) }
            prepare(&request)
            let ready = request
            let response = try await translating { try await client.execute(ready, deadline: .distantFuture) }
            guard response.status == .unauthorized, attempt < Connection.attempts,
                authorizer.withLock({ $0.take(response.headers["WWW-Authenticate"]) })
            else { return response }
        }
        preconditionFailure("the last attempt returns")
    }

    /// Turns errors of the connection into a ``ClientError``.
    ///
    /// - Parameter isAnswering: whether the answer has begun, so that the server can be reached and speaks HTTP.
    private func translating<Result>(
        isAnswering: Bool = false, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as ClientError {
            throw error
        } catch let error {
            if var reason = connectionFailure(error) {
                if isAnswering { throw brokenOff }
                if reason == untrustedCertificate, let place = address.place {
                    reason = await CertificateInquiry.reason(host: place.host, port: place.port) ?? reason
                }
                throw ClientError(.unreachable, "the server at \(address) cannot be reached: \(reason)")
            }
            throw error
        }
    }
}
