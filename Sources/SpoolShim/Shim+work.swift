internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Preparation of the job's working directory.
extension Shim {
    /// Fills `work/` with copies of the version of the code that the status names.
    mutating func prepareWork() throws(SystemError) {
        let metadata = try metadata()
        let project = metadata.project
        take(metadata.options)
        guard let version = status[.version] else {
            throw SystemError(code: EINVAL, operation: "find the version in the job's status")
        }
        try job.prepareWork(for: options.attempt, of: project, version: version, account: options.account)
        do throws(SystemError) {
            environmentPlace = try job.environment(of: project, version: version, for: options.account)
        } catch {
            // The engine builds it again, and the next attempt must not keep this one's work.
            job.directory.removeLeftoverTree(JobDirectory.work)
            throw error
        }
    }

    /// The job's metadata, which never change.
    func metadata() throws(SystemError) -> JobMetadata {
        if let knownMetadata { return knownMetadata }
        do throws(SpoolError) {
            return try job.metadata()
        } catch {
            // The engine has just read it: it was damaged meanwhile, and may be mended as well.
            throw error.cause ?? SystemError(code: EBADMSG, operation: "read the job's metadata.json")
        }
    }

    /// The process that waits to become the spider, whose socket is descriptor 5; nil for a cold start.
    static func takeWarmSpider(_ options: ShimOptions) -> WarmSpider? {
        guard let pid = options.warm else { return nil }
        return WarmSpider(pid: pid, socket: Descriptor(owning: 5))
    }

    /// Starts the spider: in the process that waits to become it, or else as a new program.
    ///
    /// - Returns: its pid.
    mutating func spawn(_ command: Command) throws(SystemError) -> Int32 {
        let work = try job.directory.directory(JobDirectory.work)
        guard let warm = warm.take() else { return try command.spawn(in: work) }
        switch warm.run(command, in: work) {
        case .running(let pid): return pid
        case .cold(let reason):
            status[.start] = JobStatus.coldStart(reason)
            return try command.spawn(in: work)
        }
    }

    /// Waits until the engine says that the start is durable; false if the engine gives it up, or is gone.
    mutating func isStartDurable() -> Bool {
        guard let pipe = startPipe.take() else { return true }
        return pipe.next() == .start
    }

    /// Leaves a start that is given up before the spider runs, as if it had not been claimed.
    func leaveGivenUp() -> Int32 {
        // Nothing has run in it. The next attempt would keep it as the work of an interrupted one.
        job.directory.removeLeftoverTree(JobDirectory.work)
        // A claim that stays counts as an interruption.
        _ = job.withdrawClaim(of: options.attempt)
        return Shim.leave
    }

    /// A step of a start, which says what a failure of it may mean.
    enum StartStep: String {
        case fill = "the job's work/ could not be filled"
        case open = "the job's logs could not be opened"
        case environment = "the variables of the project could not be read"
        case spawn = "the spider could not be started"
    }

    /// Ends an attempt before its spider runs. After an error that may pass, the claim is withdrawn and the engine
    /// starts the job again; after any other error the job has failed.
    ///
    /// - Returns: the shim's exit status, from which the engine gets the error.
    mutating func leaveUnstarted(_ step: StartStep, _ error: SystemError) -> Int32 {
        guard error.mayPass(in: step) else {
            logToJob("\(step.rawValue): \(error)")
            status[.reason] = "cannot-start"
            return finish(.failed, started: false)
        }
        lease?.leave()
        // Nothing has run in it. The next attempt would keep it as the work of an interrupted one.
        if step != .fill { try? job.directory.removeTree(JobDirectory.work) }
        guard job.withdrawClaim(of: options.attempt) else { return Shim.leave }
        return JobDirectory.exitStatus(ofStartThatFailedBy: error)
    }
}

extension SystemError {
    /// Whether the same step of a start may succeed later, without a change of the job.
    fileprivate func mayPass(in step: Shim.StartStep) -> Bool {
        // EAGAIN: the limit on processes of fork(2).
        let shortage = [ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM, EINTR, EAGAIN]
        // Those of a filesystem that is damaged, away, read-only, or closed to the server for a while. From the spawn
        // they may be about the command itself, as ENOENT and EACCES are.
        let place = [EIO, EBADMSG, EROFS, ESTALE, ENOENT, ETIMEDOUT, EPERM, EACCES]
        return shortage.contains(code) || step != .spawn && place.contains(code)
    }
}
