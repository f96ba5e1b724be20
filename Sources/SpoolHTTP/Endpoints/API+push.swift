internal import Crypto
internal import Forms
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import SpoolModel
internal import SpoolStore

extension API {
    /// The bytes that are collected before each write to the disk.
    static let writeSize = 256 << 10

    /// `push-project.json`: receives an archive in a form, unpacks it, and publishes it as its project's current
    /// version.
    ///
    /// - Parameter departure: ends the push if the client disconnects before it is published.
    func pushProject(
        _ request: Request, _ body: Body, until departure: Departure, by requester: Requester?
    ) async throws -> APIResponse {
        let missing = APIError.badRequest(
            "Missing argument \"archive\": send the archive as a field of a form (multipart/form-data)")
        guard let type = request.headers[.contentType] else { throw missing }
        let form: FormBody
        do {
            guard let known = try FormBody(contentType: type) else { throw missing }
            form = known
        } catch let error as FormError {
            throw APIError(error)
        }
        try checkRoom(for: body)
        var parameters = try Parameters(path: request.uri.string)
        let push = try await inTree { [self] () throws(SpoolError) in
            try Push(in: spool) { [self] in try declaredSchedules(in: $0, of: $1, with: $2, by: requester) }
        }
        do {
            let received = try await receive(body, form, into: push)
            parameters.form = received.fields
            parameters.noteUnread(by: .pushProject)
            guard let digest = received.digest else { throw missing }
            let mayBeEmpty = try parameters.isYes("allow-empty")
            let builder = try usesServer(parameters) ? nil : environments
            let outcome = try await pushes.run(until: departure) { [settings] turn in
                try push.publish(
                    digest: digest, isFile: received.isFile, mayBeEmpty: mayBeEmpty, settings: settings,
                    environments: builder, turn: turn, at: .now, by: requester)
            }
            let project = outcome.project
            for warning in outcome.warnings {
                logger.warning("\(project.name) version \(project.version) was pushed: \(warning)")
            }
            note("Pushed", by: requester, ["project": "\(project.name)", "version": "\(project.version)"])
            return .ok(
                [JSON.Member("name", .string(project.name.description)), spiders(of: project)]
                    + (outcome.environment.map { [.environment($0)] } ?? [])
                    + (outcome.declared.isEmpty
                        ? [] : [JSON.Member("schedules", .array(outcome.declared.map { .string($0.description) }))])
                    + JSON.warnings(outcome.warnings + parameters.warnings))
        } catch {
            try await blocking { push.discard() }
            guard var error = error as? APIError else { throw error }
            error.warnings += parameters.warnings
            throw error
        }
    }

    /// Whether a project is to run with the server's Scrapy, whatever packages it names.
    private func usesServer(_ parameters: Parameters) throws -> Bool {
        switch try parameters.text("environment") ?? "project" {
        case "project": return false
        case "server": return true
        case let other:
            throw APIError.badRequest(
                "\"environment\" is project, for the packages that the project names, or server, for the server's Scrapy, not "
                    + "\"\(other)\"")
        }
    }

    /// Throws if a push is too long, or too many wait.
    func checkRoom(for body: Body) throws {
        // Percent-encoding may triple the length.
        if let length = body.length, length / 3 > settings.uploadLimit { throw tooLarge }
        try pushes.checkRoom()
    }

    var tooLarge: APIError {
        var error = APIError(
            .contentTooLarge,
            "The archive is larger than \(ByteCount(settings.uploadLimit)), the most that this server takes")
        error.closes = true
        return error
    }

    /// Streams the form into the push's file.
    ///
    /// - Returns: the archive's SHA-256 in hexadecimal digits, nil without a field `archive`; whether the field is a
    ///   file;
    ///   and the other fields.
    private func receive(
        _ body: Body, _ form: FormBody, into push: Push
    ) async throws -> (digest: String?, isFile: Bool, fields: FormFields) {
        var form = form
        var hash = SHA256()
        var received = 0
        let gathered = Gathered()
        var fields = FieldCollector(forwarding: "archive") { gathered.bytes.append(span: $0) }
        do {
            while let chunk = try await body.next() {
                try form.consume(chunk.readableBytesUInt8Span, into: &fields)
                guard gathered.bytes.count >= API.writeSize else { continue }
                received += gathered.bytes.count
                guard received <= settings.uploadLimit else { throw tooLarge }
                try await write(gathered.take(), &hash, to: push)
            }
            try form.finish(into: &fields)
        } catch let error as FormError {
            throw APIError(error)
        }
        var kept = fields.fields
        kept.remarks = form.remarks
        guard fields.forwardedBytes != nil else { return (nil, false, kept) }
        guard received + gathered.bytes.count <= settings.uploadLimit else { throw tooLarge }
        try await write(gathered.take(), &hash, to: push)
        return (hash.finalize().hexadecimal, fields.isForwardedFile, kept)
    }

    func write(_ bytes: [UInt8], _ hash: inout SHA256, to push: Push) async throws {
        bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
        try await blocking { try push.write(bytes) }
    }
}

/// Bytes of the archive between the form and the disk.
final class Gathered {
    var bytes: [UInt8] = []

    func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }
}

extension [UInt8] {
    mutating func append(span: Span<UInt8>) {
        span.withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}
