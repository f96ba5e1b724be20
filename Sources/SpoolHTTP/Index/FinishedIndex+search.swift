internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension FinishedIndex {
    /// Finds the writes of other machines: jobs that lost their mark since the last search, and days in which names
    /// changed.
    func search(_ known: Work.Known, _ changes: inout Changes) -> Set<JobID> {
        let marked = marked()
        var ids = known.marked.subtracting(marked)
        var times = known.dayTimes
        for day in source.spool.jobs.namesIfAny() where !day.hasPrefix(".") {
            guard let directory = source.spool.jobs.directoryIfAny(day),
                let time = directory.descriptor.informationIfAny?.modified, times[day] != time,
                // A day that cannot be listed now is listed by the next search.
                let listed = try? directory.names()
            else { continue }
            times[day] = time
            let names = Set(listed.compactMap { JobID($0) })
            let number = JobID.dayNumber(of: day)
            let present = known.times.ids.filter { $0.dayNumber == number }
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
