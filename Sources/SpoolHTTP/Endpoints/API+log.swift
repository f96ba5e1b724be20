internal import HTTPTypes
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension API {
    /// How long a request waits for the log of a job that is about to start.
    private static let startPatience = Duration.seconds(2)

    /// `get-log/data/<id>.out` and `.err`: a log, or the requested part of it, followed until its job has ended.
    func log(_ file: String, _ parameters: Parameters, until departure: Departure) async throws -> APIResponse {
        let isError = file.hasSuffix(".err")
        guard isError || file.hasSuffix(".out"), let id = JobID(file.dropLast(4)) else { throw try await noLog(file) }
        let portion = try LogPortion(parameters)
        let name = isError ? "job.err" : "job.out"
        if let log = try await openLog(name, of: id, portion, until: departure) { return .log(log) }
        // A client that has just scheduled the job may be a moment early.
        try await awaitLog(name, of: id, until: departure)
        guard let log = try await openLog(name, of: id, portion, until: departure) else {
            let status = try await blocking { [spool] in spool.jobIfAny(id)?.status }
            throw APIError(.notFound, Advice.noLog(file, id, status))
        }
        return .log(log)
    }

    /// The error for an invalid name of a log.
    private func noLog(_ file: String) async throws -> APIError {
        guard file.hasSuffix(".err") || file.hasSuffix(".out") else {
            return APIError(.notFound, "There is no log \(file): logs are called ID.out and ID.err, by the job's id")
        }
        let text = String(file.dropLast(4))
        let reason = Advice.noJob(text, similar: try await ids(beginningWith: text))
        return APIError(.notFound, "There is no log \(file). \(reason)")
    }

    /// Opens a log; nil if it does not exist.
    private func openLog(
        _ name: String, of id: JobID, _ portion: LogPortion, until departure: Departure
    ) async throws -> LogStream? {
        try await blocking { [spool, observer] in
            do {
                return try LogStream(
                    of: id, in: spool, file: name, portion: portion, observer: observer, until: departure)
            } catch let error as SystemError where JobFile.isAbsence(error) {
                return nil
            } catch let error as SpoolError {
                if error.code == .missing { return nil }
                throw APIError(error)
            }
        }
    }

    /// Waits briefly for the log of a job that is pending or being started.
    private func awaitLog(_ name: String, of id: JobID, until departure: Departure) async throws {
        let changes: DirectoryChanges? = try await blocking { [spool, observer] in
            guard let job = spool.directoryIfAny(of: id), isStarting(job) else { return nil }
            return observer.changes(of: job, id, in: spool, until: departure)
        }
        guard let changes else { return }
        await Task.run(atMost: API.startPatience) { [self] in
            for await _ in changes {
                // After an error there is no reason to wait.
                let isWorthIt = try? await blocking { [spool] in
                    let job = try spool.directory(of: id)
                    return isStarting(job) && !job.directory.contains(name)
                }
                if isWorthIt != true { return }
            }
        }
    }
}

/// Whether a job has no log yet but soon may have one.
private func isStarting(_ job: borrowing JobDirectory) -> Bool {
    // A job that cannot be read is none.
    switch try? job.status().state {
    case .pending, .running: true
    case .scheduled, .successful, .failed, .canceled, nil: false
    }
}
