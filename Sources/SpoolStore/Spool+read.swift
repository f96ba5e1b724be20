internal import LinuxSystem
public import SpoolModel

extension Spool {
    /// The directory of a job; throws `.missing` when there is none.
    public func directory(of id: JobID) throws(SpoolError) -> JobDirectory {
        do throws(SystemError) {
            return JobDirectory(try jobs.directory(id.day).directory(id.description))
        } catch {
            guard error.isMissing else { throw SpoolError(error, while: "open the job \(id)") }
            throw SpoolError(.missing, "There is no job \(id)", cause: error)
        }
    }

    /// A job as it stands now; throws `.missing` or `.unreadable`.
    public func job(_ id: JobID) throws(SpoolError) -> Job {
        let directory = try directory(of: id)
        return Job(metadata: try directory.metadata(), status: try directory.status())
    }

    /// The ids of all marks in `active/`, in order. Names that are no ids are left out.
    public func activeIDs() throws(SpoolError) -> [JobID] {
        try doing("list the active jobs") { () throws(SystemError) in
            try active.names().compactMap { JobID($0) }.sorted()
        }
    }

    /// The jobs that are not finished. What vanishes or cannot be read meanwhile is left out.
    public func activeJobs() throws(SpoolError) -> [Job] {
        try activeIDs().compactMap { try? job($0) }.filter { !$0.status.state.isFinal }
    }

    /// The ids of all jobs, finished or not, by day and id.
    public func allIDs() throws(SpoolError) -> [JobID] {
        var ids: [JobID] = []
        let days = try doing("list the days") { () throws(SystemError) in try jobs.names().sorted() }
        for day in days where !day.hasPrefix(".") {
            // A day may be purged while this goes on.
            guard let directory = try? jobs.directory(day), let names = try? directory.names() else { continue }
            ids += names.compactMap { JobID($0) }.filter { $0.day == day }.sorted()
        }
        return ids
    }

    /// The jobs that are finished, in no order.
    public func finishedJobs() throws(SpoolError) -> [Job] {
        try allIDs().compactMap { try? job($0) }.filter { $0.status.state.isFinal }
    }
}
