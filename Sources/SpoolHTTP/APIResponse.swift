internal import HTTPTypes
internal import NIOCore
internal import SpoolModel

/// The answer to a request.
enum APIResponse: Sendable {
    /// A JSON text, already written.
    case json([UInt8], HTTPResponse.Status = .ok)
    /// A JSON text in pieces.
    case pieces([ByteBuffer])
    /// A long list of jobs, read as it is sent.
    case jobs(WholeList)
    /// A list of jobs for a client of scrapyd, read as it is sent.
    case clientJobs(ClientJobList)
    /// Lines of logs, sent as they are found.
    case search(LogSearch)
    /// Only header fields.
    case empty
    /// The methods of the server as a whole (`OPTIONS *`, RFC 9110 §9.3.7).
    case options
    /// A log, followed while its job runs.
    case log(LogStream)
    /// An answer with more header fields.
    indirect case adding(HTTPFields, APIResponse)
    /// A redirection to another address, written relative to this one (303, RFC 9110 §15.4.4).
    case seeOther(String)
    /// A document for a browser.
    case document(Document)
    /// A file of a job, as a download.
    case file(JobFile)
    /// The logs and files of a job, as a download.
    case archive(JobArchive)
    /// Events as they come.
    case events(EventStream)

    /// A dictionary with `status` first, then more.
    static func ok(_ members: [JSON.Member] = []) -> APIResponse {
        .json(APIResponse.text([JSON.Member("status", .string("ok"))] + members))
    }

    /// An error, in the shape of the API's contract.
    static func error(_ error: APIError) -> APIResponse {
        if let name = error.nodeName { return .json(ScrapydAnswer.error(error.message, by: name), error.status) }
        return .json(
            APIResponse.text(
                [JSON.Member("status", .string("error")), JSON.Member("msg", .string(error.message))]
                    + error.members + JSON.warnings(error.warnings)),
            error.status)
    }

    /// The bytes of a dictionary on a line.
    static func text(_ members: [JSON.Member]) -> [UInt8] {
        var writer = JSONWriter(.line)
        writer.write(.object(members))
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
