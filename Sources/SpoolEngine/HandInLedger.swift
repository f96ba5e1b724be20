internal import LinuxSystem
internal import SpoolModel

/// The hand-ins that became jobs and could be neither taken away nor marked, known by their directories for as long as the
/// engine lives. A pure value.
struct HandInLedger {
    private struct Place: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private var jobs: [Place: JobID] = [:]

    /// Notes what a directory has become.
    mutating func note(_ directory: FileInformation, as id: JobID) {
        jobs[Place(device: directory.device, inode: directory.inode)] = id
    }

    /// What a directory has become; nil for one that is not known.
    func job(of directory: FileInformation) -> JobID? {
        jobs[Place(device: directory.device, inode: directory.inode)]
    }
}
