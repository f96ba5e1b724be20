internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension FinishedIndex {
    /// Finds the writes of other machines: jobs that lost their mark since the last search, and days in which names
    /// changed.
    func search(_ known: Work.Known, _ changes: inout Changes) -> Set<JobID> {
        let marked = Set((try? source.spool.activeIDs()) ?? [])
        var ids = known.marked.subtracting(marked)
        var times = known.dayTimes
        for day in (try? source.spool.jobs.names()) ?? [] where !day.hasPrefix(".") {
            guard let directory = try? source.spool.jobs.directory(day),
                let time = try? directory.descriptor.information().modified, times[day] != time
            else { continue }
            times[day] = time
            let names = Set(((try? directory.names()) ?? []).compactMap { JobID($0) })
            let present = known.at.keys.filter { $0.day == day }
            ids.formUnion(names.subtracting(marked).symmetricDifference(present))
        }
        changes.search = (marked, times)
        return ids
    }

    /// The marked jobs; none if they cannot be listed.
    func marked() -> Set<JobID> {
        // All jobs that had a mark are read again then.
        Set((try? source.spool.activeIDs()) ?? [])
    }
}
