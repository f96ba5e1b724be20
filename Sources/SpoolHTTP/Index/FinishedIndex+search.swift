internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension FinishedIndex {
    /// Finds the writes of other machines: jobs that lost their mark since the last search, and days in which names
    /// changed.
    func search(_ content: inout Content) {
        content.isSearchDue = false
        content.searched = .now
        let marked = marked()
        content.stale.formUnion(content.marked.subtracting(marked))
        content.marked = marked
        for day in source.spool.jobs.namesIfAny() where !day.hasPrefix(".") {
            guard let directory = source.spool.jobs.directoryIfAny(day),
                let time = directory.descriptor.informationIfAny?.modified, content.dayTimes[day] != time,
                // A day that cannot be listed now is listed by the next search.
                let listed = try? directory.names()
            else { continue }
            content.dayTimes[day] = time
            let names = Set(listed.compactMap { JobID($0) })
            let known = content.at.keys.filter { $0.day == day }
            content.stale.formUnion(names.subtracting(marked).symmetricDifference(known))
        }
    }

    /// The marked jobs; none if they cannot be listed.
    func marked() -> Set<JobID> {
        // All jobs that had a mark are read again then.
        Set((try? source.spool.activeIDs()) ?? [])
    }
}
