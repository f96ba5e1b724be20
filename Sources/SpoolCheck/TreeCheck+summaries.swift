internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension TreeCheck {
    /// Checks the files of `summaries/`. None is needed: a wrong one is mended by removing it.
    func checkSummaries() throws(SpoolError) {
        // Optional. `checkTop` reports an entry of another kind, and a mode that keeps the owner out.
        guard let summaries = spool.root.directoryIfAny(Spool.summaries) else { return }
        for name in try list(summaries, Spool.summaries) { confirm { findings(ofSummary: name) } }
    }

    private func findings(ofSummary name: String) -> [Finding] {
        let path = "\(Spool.summaries)/\(name)"
        guard let information = spool.root.informationIfAny(path) else { return [] }
        guard information.kind == .file else {
            return [
                Finding(
                    path, .warning, "it is \(information.kind.name) and should be a file",
                    .quarantine(as: "\(Spool.summaries)-\(name)"))
            ]
        }
        guard JobID.dayNumber(of: name) != nil else {
            return [Finding(path, .note, "it is not named as a day", .quarantine(as: "\(Spool.summaries)-\(name)"))]
        }
        let access = Access(information: information, path: path).findings(context)
        guard access.isEmpty else { return access }
        guard spool.jobs.contains(name) else { return [Finding(path, .note, "its jobs are gone", .clear)] }
        // It may have some jobs that are gone.
        let most = DayNames(name, in: spool).jobs.count * 2 + Spool.spareOfSummary
        guard let summary = spool.summary(of: name, most: most) else {
            return [Finding(path, .note, "it is damaged, or of another version, and not used", .clear)]
        }
        return isTrue(summary)
            ? [] : [Finding(path, .warning, "it says something else than the files of its jobs", .clear)]
    }

    /// Whether a summary agrees with the jobs whose files have the seals that it names.
    private func isTrue(_ summary: DaySummary) -> Bool {
        for index in 0..<summary.count {
            guard let record = summary.record(at: index), let directory = spool.directoryIfAny(of: record.id),
                directory.snapshot.seal == record.seal
            else { continue }
            // A job that cannot be read is reported with the jobs.
            guard let status = try? directory.status(), let metadata = try? directory.metadata(of: record.id),
                directory.snapshot.seal == record.seal
            else { continue }
            let place = summary.places[record.place]
            guard status.state == record.state, status[.at] ?? metadata.created == record.at,
                status[.ended] == record.ended, Int32(clamping: status.duration ?? -1) == record.seconds,
                place.schedule == metadata.firedBy,
                place.place == SpiderPlace(project: metadata.project, spider: metadata.spider)
            else { return false }
        }
        return true
    }
}
