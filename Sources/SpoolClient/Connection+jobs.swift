public import SpoolModel

extension Connection {
    /// The number of consecutive failures, a second apart, after which following a log gives up. A server may restart
    /// meanwhile, and running jobs survive that.
    private static let patience = 60

    /// The server's record of a job.
    public func job(_ id: String) async throws -> JSON {
        let answer = try await get("list-jobs.json", [("id", id)])
        guard let job = answer.json["jobs"]?.elements?.first else {
            throw ClientError(.refused, "No such job: \"\(id)\"", answer: answer.bytes)
        }
        return job
    }

    /// Reads the present content of a log.
    public func log(of id: String, _ name: LogName, _ body: ([UInt8]) throws -> Void) async throws {
        try await log(of: id, name, isFollowed: false, from: 0, body)
    }

    /// Reads a log until its job has ended. If the job has not started, waits for it.
    ///
    /// Retries while the server is unreachable, once it has reported the job.
    ///
    /// - Returns: the job's final state.
    public func follow(_ id: String, _ name: LogName, _ body: ([UInt8]) throws -> Void) async throws -> JobState {
        var offset = 0
        var failures = 0
        var isKnown = false
        while true {
            do {
                let state = try await state(of: id)
                isKnown = true
                if state == .scheduled {
                    throw ClientError(.refused, "job \(id) is a schedule: its runs are jobs with logs of their own")
                }
                do {
                    try await log(of: id, name, isFollowed: true, from: offset) { bytes in
                        offset += bytes.count
                        try body(bytes)
                    }
                } catch let error as ClientError where error.kind == .refused {
                    // The job exists, so its log is missing: the job has not started, or never did.
                }
                failures = 0
                // The state from before the log: only then has the log been read to its end.
                if state.isFinal { return state }
            } catch let error as ClientError where error.kind == .unreachable && isKnown {
                failures += 1
                guard failures < Connection.patience else { throw error }
            }
            try await Task.sleep(for: failures > 0 ? .seconds(1) : .milliseconds(200))
        }
    }

    private func state(of id: String) async throws -> JobState {
        guard let state = JobState(rawValue: try await job(id)["status"]?.text ?? "") else {
            throw ClientError(.unreachable, "the server does not return the state of job \(id)")
        }
        return state
    }
}
