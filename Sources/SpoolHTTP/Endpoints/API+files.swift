internal import HTTPTypes
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension API {
    /// `list-files.json`: the files that a job's spider wrote into its `work/`; only regular files, no links.
    func listFiles(_ parameters: Parameters) async throws -> APIResponse {
        let job = try await job(try parameters.required("id"))
        let list = try await inTree { [spool] () throws(SpoolError) in
            JobFileList(
                in: try spool.directory(of: job.id), of: job.metadata.project, spool: spool)
        }
        return .ok([JSON.Member("files", list.json), JSON.Member("more", .bool(list.isCut))])
    }

    /// `get-file`: one of these files, as a download.
    func getFile(_ parameters: Parameters) async throws -> APIResponse {
        let job = try await job(try parameters.required("id"))
        let path = try parameters.required("path")
        return try await blocking { [spool] in
            do {
                return .file(
                    try JobFile(
                        path, in: try spool.directory(of: job.id), of: job.metadata.project,
                        hasEnded: job.status.state.isFinal, spool: spool))
            } catch let error as SystemError where JobFile.isAbsence(error) {
                throw APIError(.notFound, "There is no file \(path) of the job \(job.id)")
            } catch let error as SpoolError {
                throw APIError(error)
            }
        }
    }
}
