internal import Forms
internal import HTTPTypes
internal import LinuxSystem
internal import NIOCore
internal import SpoolModel
internal import SpoolStore

extension API {
    /// `get-log/data/<id>.out` and `.err`: a log, followed until its job has ended.
    func log(_ file: String) async throws -> Answer {
        let missing = APIError(.notFound, "There is no log \(file)")
        let isError = file.hasSuffix(".err")
        guard isError || file.hasSuffix(".out"), let id = JobID(file.dropLast(4)) else { throw missing }
        return try await blocking { [spool, watcher] in
            do {
                let directory = try spool.directory(of: id)
                let name = isError ? "job.err" : "job.out"
                return .log(try LogStream(of: directory, file: name, watcher: watcher))
            } catch let error as SystemError where error.isMissing {
                throw missing
            } catch let error as SpoolError {
                throw error.code == .missing ? missing : APIError(error)
            }
        }
    }
}
