internal import SpoolModel
internal import SpoolStore

/// Why a job cannot be started now, and which jobs that delays.
enum StartFailure: Error {
    /// The job itself is gone, or cannot be read.
    case job(SpoolError)
    /// The code of its project cannot be used: jobs of other projects are not affected.
    case project(ProjectName, String)
    /// No job can be started: the shim is missing, the disk is full, or no process can be created.
    case everything(SpoolError)
}
