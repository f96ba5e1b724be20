internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// Texts of finished jobs that somebody has asked for one by one. Each is told to be current by a look at its status.
final class RecentJobs: Sendable {
    /// The most jobs; when there are more, all are forgotten.
    private static let capacity = 1024

    private let spool: Spool
    private let known = Mutex<[JobID: (stamp: StatusStamp, json: [UInt8])]>([:])

    init(spool: Spool) {
        self.spool = spool
    }

    /// The text of a job, if it is known and still right. One call of the system, for a name that was looked up before.
    func text(of id: JobID) -> [UInt8]? {
        guard let (stamp, json) = known.withLock({ $0[id] }), self.stamp(of: id) == stamp else { return nil }
        return json
    }

    /// By what the status of a job is known again; taken before the job is read.
    func stamp(of id: JobID) -> StatusStamp? {
        (try? spool.jobs.information("\(id.day)/\(id)/status"))?.stamp
    }

    /// Notes a text.
    func note(_ json: [UInt8], of id: JobID, _ stamp: StatusStamp) {
        known.withLock { known in
            if known.count >= RecentJobs.capacity { known = [:] }
            known[id] = (stamp, json)
        }
    }
}
