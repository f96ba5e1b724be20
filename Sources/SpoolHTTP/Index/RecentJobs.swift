internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// Texts of finished jobs that were requested individually. The stamp of the status shows whether one is current.
final class RecentJobs: Sendable {
    /// The most jobs; beyond that, all are dropped.
    private static let capacity = 1024

    private let spool: Spool
    private let known = Mutex<[JobID: (stamp: StatusStamp, json: [UInt8])]>([:])

    init(spool: Spool) {
        self.spool = spool
    }

    /// The text of a job, if it is cached and current. One system call, for a name that was looked up before.
    func text(of id: JobID) -> [UInt8]? {
        guard let (stamp, json) = known.withLock({ $0[id] }), self.stamp(of: id) == stamp else { return nil }
        return json
    }

    /// The stamp of a job's status; to be taken before the job is read.
    func stamp(of id: JobID) -> StatusStamp? {
        spool.jobs.informationIfAny("\(id.day)/\(id)/status")?.stamp
    }

    /// Caches a text.
    func note(_ json: [UInt8], of id: JobID, _ stamp: StatusStamp) {
        known.withLock { known in
            if known.count >= RecentJobs.capacity { known = [:] }
            known[id] = (stamp, json)
        }
    }
}
