internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension FinishedIndex {
    /// Finds the writes of other machines: jobs that lost their mark since the last search, and days in which names
    /// changed.
    func search(_ content: inout Content) {
        content.isSearchDue = false
        content.searched = .now
        let marked = Set((try? source.spool.activeIDs()) ?? [])
        content.stale.formUnion(content.marked.subtracting(marked))
        content.marked = marked
        for day in (try? source.spool.jobs.names()) ?? [] where !day.hasPrefix(".") {
            guard let directory = try? source.spool.jobs.directory(day),
                let time = try? directory.descriptor.information().modified, content.dayTimes[day] != time
            else { continue }
            content.dayTimes[day] = time
            let names = Set(((try? directory.names()) ?? []).compactMap { JobID($0) })
            let known = content.at.keys.filter { $0.day == day }
            content.stale.formUnion(names.subtracting(marked).symmetricDifference(known))
        }
    }
}
