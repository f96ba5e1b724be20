internal import LinuxSystem
internal import SpoolModel

/// The submissions that became jobs and could be neither removed nor marked, by device and inode. It lasts as long as the
/// engine's process at most. A pure value.
struct SubmissionLedger {
    private struct Place: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private var jobs: [Place: JobID] = [:]

    /// Notes the job that a directory became.
    mutating func note(_ directory: FileInformation, as id: JobID) {
        jobs[Place(device: directory.device, inode: directory.inode)] = id
    }

    /// The job that a directory became; nil for an unknown one.
    func job(of directory: FileInformation) -> JobID? {
        jobs[Place(device: directory.device, inode: directory.inode)]
    }
}
