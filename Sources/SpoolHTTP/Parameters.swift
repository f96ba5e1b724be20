internal import Forms
internal import Hummingbird
internal import NIOCore
internal import SpoolModel

/// The parameters of a request. The form in the body takes precedence over the query string, and in each the first of
/// repeated values.
struct Parameters: Sendable {
    var form: FormFields?
    var query: FormFields
    /// The values of parameters that neither has.
    var defaults: [String: String] = [:]
    /// Warnings about parts of the request that were not read.
    var warnings: [String] = []

    /// The parameters in the query string of a path.
    init(path: String) throws(APIError) {
        do throws(FormError) {
            query = try FormFields.parse(query: path.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst())
        } catch {
            throw APIError(error)
        }
    }

    /// A value as text; nil if it is absent.
    func text(_ name: String) throws(APIError) -> String? {
        do throws(FormError) {
            if let value = try form?.text(name) { return value }
            return try query.text(name) ?? defaults[name]
        } catch {
            throw APIError(.badRequest, error.message)
        }
    }

    /// A whole number; nil if it is absent.
    func number(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let text = try text(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .badRequest(
                "\"\(name)\" is a number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
        }
        return number
    }

    /// `wait=no`: whether the answer may be based on a part of the finished jobs while the rest is still being read.
    var mayBePart: Bool {
        get throws(APIError) {
            try !isYes("wait", otherwise: true)
        }
    }

    /// A value that is `yes` or `no`.
    func isYes(_ name: String, otherwise: Bool = false) throws(APIError) -> Bool {
        guard let text = try text(name) else { return otherwise }
        guard ["yes", "no"].contains(text) else { throw .badRequest("\"\(name)\" is yes or no, not \"\(text)\"") }
        return text == "yes"
    }

    /// A value that is `1`, or `0` as if it was absent.
    func isSet(_ name: String) throws(APIError) -> Bool {
        guard let text = try text(name) else { return false }
        guard ["0", "1"].contains(text) else { throw .badRequest("\"\(name)\" is 1 or 0, not \"\(text)\"") }
        return text == "1"
    }

    /// `first-error=1`: whether jobs that have ended include their first errors.
    var wantsFirstErrors: Bool {
        get throws(APIError) { try isSet("first-error") }
    }

    /// The names of all parameters.
    var names: Set<String> { Set((form?.names ?? []) + query.names) }

    /// A required value.
    func required(_ name: String) throws(APIError) -> String {
        guard let value = try text(name) else {
            let hint = looksLikeJSON ? ". \(Parameters.jsonHint)" : ""
            throw .badRequest("Missing argument \"\(name)\"\(hint)")
        }
        return value
    }
}

extension API {
    /// The most bytes of a form that are kept in memory.
    private static let formLimit = 1 << 20

    /// The parameters of a request.
    ///
    /// - Parameter body: the request's body, if the endpoint changes the spool.
    func parameters(of request: Request, to endpoint: Endpoint, _ body: Body?) async throws -> Parameters {
        var parameters = try Parameters(path: request.uri.string)
        guard let body else { return parameters }
        let type = request.headers[.contentType]
        do {
            if let type, var form = try FormBody(contentType: type) {
                var fields = FormFields(limit: API.formLimit)
                while let chunk = try await body.next() {
                    try form.consume(chunk.readableBytesUInt8Span, into: &fields)
                }
                try form.finish(into: &fields)
                fields.remarks = form.remarks
                parameters.form = fields
            } else if let type, FormBody.mediaType(of: type) == JSONForm.mediaType {
                parameters.form = try JSONForm.fields(of: await text(of: body), to: endpoint)
            } else if !body.isEnded {
                let kind = type.map { "is \($0.prefix(100))" } ?? "is missing"
                parameters.warnings = [
                    "The body was not read, since its Content-Type \(kind): send a form or \(JSONForm.mediaType)"
                ]
            }
            return parameters
        } catch let error as FormError {
            throw APIError(error)
        }
    }

    /// The whole of a body that is not a form.
    private func text(of body: Body) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let chunk = try await body.next() {
            guard bytes.count + chunk.readableBytes <= API.formLimit else {
                var error = APIError(.contentTooLarge, "The body is longer than \(ByteCount(API.formLimit))")
                error.closes = true
                throw error
            }
            bytes += chunk.readableBytesView
        }
        return bytes
    }
}
