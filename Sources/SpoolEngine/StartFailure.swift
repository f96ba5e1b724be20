internal import SpoolModel
internal import SpoolStore

/// Why a job is not started now, and what is held up by that.
enum StartFailure: Error {
    /// The job itself is gone, or cannot be read.
    case job(SpoolError)
    /// The code of its project cannot be used: jobs of other projects go on.
    case project(ProjectName, String)
    /// Nothing can be started: the shim is missing, the disk is full, no process is to be had.
    case everything(SpoolError)
}
