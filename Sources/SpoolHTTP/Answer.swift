internal import HTTPTypes
internal import NIOCore
internal import SpoolModel

/// What a request is answered with.
enum Answer: Sendable {
    /// A JSON text, already written.
    case json([UInt8], HTTPResponse.Status = .ok)
    /// A JSON text in pieces.
    case pieces([ByteBuffer])
    /// Nothing but header fields.
    case empty
    /// What the server as a whole takes (`OPTIONS *`, RFC 9110 §9.3.7).
    case options
    /// A log, followed while its job runs.
    case log(LogStream)
    /// An answer with more header fields.
    indirect case adding(HTTPFields, Answer)
    /// That what comes next is at another address, written as relative to this one (303, RFC 9110 §15.4.4).
    case seeOther(String)
    /// Something that a browser shows.
    case document(Document)
    /// A file of a job's, to be kept and not to be shown.
    case file(JobFile)
    /// Events as they come.
    case events(EventStream)

    /// A dictionary with `status` first, then more.
    static func ok(_ members: [JSON.Member] = []) -> Answer {
        .json(Answer.text([JSON.Member("status", .string("ok"))] + members))
    }

    /// The contract's shape of an error.
    static func error(_ error: APIError) -> Answer {
        .json(
            Answer.text(
                [JSON.Member("status", .string("error")), JSON.Member("msg", .string(error.message))]
                    + JSON.warnings(error.warnings)),
            error.status)
    }

    /// The bytes of a dictionary on a line.
    static func text(_ members: [JSON.Member]) -> [UInt8] {
        var writer = JSONWriter(.line)
        writer.write(.object(members))
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
