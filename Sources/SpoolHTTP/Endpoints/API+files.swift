internal import HTTPTypes
internal import LinuxSystem
internal import ProjectArchive
internal import SpoolModel
internal import SpoolStore

extension API {
    /// `list-files.json`: the files that a job's spider wrote into its `work/`; only regular files, no links.
    func listFiles(_ parameters: Parameters) async throws -> APIResponse {
        let job = try await job(try parameters.required("id"))
        let list = try await blocking { [spool] in
            do {
                return try JobFileList(in: try spool.directory(of: job.id), of: job.metadata.project, spool: spool)
            } catch let error as SpoolError {
                throw APIError(error)
            }
        }
        return .ok([JSON.Member("files", list.json), JSON.Member("more", .bool(list.isCut))])
    }

    /// `get-archive`: the logs and these files as one archive, as a download.
    func getArchive(_ parameters: Parameters, until departure: Departure) async throws -> APIResponse {
        let name = try parameters.text("format") ?? ArchiveWriter.Format.zip.rawValue
        guard let format = ArchiveWriter.Format(rawValue: name) else {
            throw APIError.badRequest("\"format\" is zip or tar.gz, not \"\(name)\"")
        }
        let job = try await job(try parameters.required("id"))
        let place = try archives.place()
        return .archive(
            try await place.run { [spool] in
                do {
                    return try JobArchive(of: job, in: spool, as: format, place, until: departure)
                } catch let error as SpoolError {
                    throw APIError(error)
                }
            })
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
