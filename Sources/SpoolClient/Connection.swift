internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// A client's connection with one server.
public final class Connection: Sendable {
    /// The most bytes of an answer other than a log.
    private static let answerLimit = 256 << 20
    /// How often a request is sent again because of what the server wants to know of the user.
    private static let attempts = 5

    /// The server.
    public let address: ServerAddress
    private let credentials: Credentials
    private let client: HTTPClient
    private let authorizer: Mutex<Authorizer>

    private init(_ address: ServerAddress, _ credentials: Credentials, _ client: HTTPClient) {
        self.address = address
        self.credentials = credentials
        self.client = client
        authorizer = Mutex(Authorizer(credentials, isPrivate: address.isPrivate))
    }

    /// Works with a server.
    ///
    /// - Parameters:
    ///   - verifying: whether its certificate must be right.
    ///   - authorityFile: the file of the authorities that may have signed it (PEM), instead of the system's.
    public static func with<Result>(
        _ address: ServerAddress, as credentials: Credentials, verifying: Bool = true, authorityFile: String? = nil,
        _ body: (Connection) async throws -> Result
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
            let result = try await body(Connection(address, credentials, client))
            try? await client.shutdown()
            return result
        } catch {
            try? await client.shutdown()
            throw error
        }
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

    /// Asks.
    public func get(_ path: String, _ fields: [(name: String, value: String)] = []) async throws -> Answer {
        let query = fields.isEmpty ? "" : "?" + formEncoded(fields)
        return try await answer(try await send(.GET, "/\(path)\(query)"))
    }

    /// Changes something, with the fields of a form.
    public func post(_ path: String, _ fields: [(name: String, value: String)]) async throws -> Answer {
        let response = try await send(.POST, "/\(path)") { request in
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: formEncoded(fields)))
        }
        return try await answer(response)
    }

    /// Pushes an archive as a stream.
    ///
    /// - Parameters:
    ///   - archive: the descriptor of a file that stays open meanwhile.
    ///   - mayBeEmpty: whether it may take away all spiders of its project.
    ///   - progress: called with the bytes sent so far.
    public func push(
        archive: Int32, size: Int, mayBeEmpty: Bool = false, progress: @escaping @Sendable (Int) -> Void
    ) async throws -> Answer {
        // A large body should be sent once: what the server wants to know is asked for beforehand.
        if case .password = credentials { _ = try await get("status.json") }
        let form = ArchiveForm(archive: archive, size: size, progress: progress)
        let response = try await send(.POST, "/push-project.json\(mayBeEmpty ? "?allow-empty=yes" : "")") { request in
            request.headers.add(name: "Content-Type", value: form.contentType)
            request.body = .stream(form, length: .known(Int64(form.length)))
        }
        return try await answer(response)
    }

    /// Reads a log, to its end as the server sees it: while the job runs, that is the end of the job.
    ///
    /// - Parameters:
    ///   - isFollowed: whether to wait for what a job that runs will write.
    ///   - start: how many bytes to pass over.
    ///   - body: called with the bytes as they come.
    func log(
        of job: String, _ stream: LogName, isFollowed: Bool, from start: Int, _ body: ([UInt8]) throws -> Void
    ) async throws {
        let response = try await send(.GET, "/get-log/data/\(percentEncoded(job)).\(stream.rawValue)") { request in
            if !isFollowed { request.headers.add(name: "Range", value: "bytes=0-") }
        }
        // What there is of an empty log cannot be satisfied as a range (RFC 9110 §15.5.17).
        if response.status == .rangeNotSatisfiable { return }
        guard response.status == .ok || response.status == .partialContent else {
            _ = try await answer(response)
            throw ClientError(.unreachable, "the server answered with HTTP status \(response.status.code)")
        }
        var skipped = 0
        try await translating {
            for try await buffer in response.body {
                let bytes = Array(buffer.readableBytesView.dropFirst(max(0, start - skipped)))
                skipped = min(start, skipped + buffer.readableBytes)
                if !bytes.isEmpty { try body(bytes) }
            }
        }
    }

    private func answer(_ response: HTTPClientResponse) async throws -> Answer {
        let bytes = try await translating {
            Array(try await response.body.collect(upTo: Connection.answerLimit).readableBytesView)
        }
        return try Answer(status: Int(response.status.code), bytes: bytes, from: address, as: credentials)
    }

    /// Sends a request, again with an answer to the server's challenge if it asks who is there.
    private func send(
        _ method: HTTPMethod, _ target: String, _ prepare: (inout HTTPClientRequest) -> Void = { _ in }
    ) async throws -> HTTPClientResponse {
        var generator = SystemRandomNumberGenerator()
        for attempt in 1... {
            var request = HTTPClientRequest(url: address.base + target)
            request.method = method
            // A URL of a Unix socket names no host, and a request of HTTP/1.1 has to (RFC 9112 §3.2).
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

    /// Says in the client's own words what went wrong on the way.
    private func translating<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as ClientError {
            throw error
        } catch let error {
            if var reason = connectionFailure(error) {
                if reason == untrustedCertificate, let place = address.place {
                    reason = await CertificateInquiry.reason(host: place.host, port: place.port) ?? reason
                }
                throw ClientError(.unreachable, "the server at \(address) cannot be reached: \(reason)")
            }
            throw error
        }
    }
}
