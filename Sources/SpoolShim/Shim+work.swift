internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Preparation of the job's working directory.
extension Shim {
    /// Fills `work/` with copies of the version of the code that the status names.
    func prepareWork() throws(SystemError) {
        let project: ProjectName
        do throws(SpoolError) {
            project = try job.metadata().project
        } catch {
            throw error.cause ?? SystemError(code: EINVAL, operation: "read the job's metadata.json")
        }
        guard let version = status[.version] else {
            throw SystemError(code: EINVAL, operation: "find the version in the job's status")
        }
        try job.prepareWork(for: assignment.attempt, of: project, version: version, account: assignment.account)
    }

    /// Ends an attempt whose `work/` could not be filled. After an error that may be temporary, the claim is withdrawn
    /// and the engine starts the job again; after any other error the job has failed.
    ///
    /// - Returns: the shim's exit status, from which the engine gets the error.
    mutating func leaveUnprepared(_ error: SystemError) -> Int32 {
        let mayPass = [ENOSPC, EDQUOT, EIO, EROFS, EMFILE, ENFILE, ENOMEM, ESTALE, ENOENT, EINTR, ETIMEDOUT]
        if mayPass.contains(error.code) {
            post?.leave()
            guard job.withdrawClaim(of: assignment.attempt) else { return Shim.leave }
            return JobDirectory.exitStatus(ofStartThatFailedBy: error)
        }
        complain("the job's work/ could not be filled: \(error)")
        status[.reason] = "cannot-start"
        return finish(.failed, started: false)
    }
}
