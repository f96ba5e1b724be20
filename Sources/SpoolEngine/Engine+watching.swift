internal import LinuxSystem
internal import Logging
internal import SpoolModel
internal import SpoolStore

extension Engine {
    // MARK: The log

    /// Logs a message, unless it repeats the last one about its subject.
    ///
    /// - Parameter stamp: the state of the subject; when it changes, the same text is logged again.
    func say(
        _ level: Logger.Level, _ text: String, about subject: Remarks.Subject, stamp: String = "",
        _ metadata: Logger.Metadata = [:]
    ) {
        guard remarks.isNews(text, about: subject, stamp: stamp) else { return }
        logger.log(level: level, "\(text)", metadata: metadata)
    }

    // MARK: Days

    /// Watches a job's day directory for the removal of jobs.
    func watchDay(of id: JobID) {
        let day = id.day
        guard !days.values.contains(day) else { return }
        // Without the watch, the next full read finds it.
        if let directory = spool.jobs.directoryIfAny(day),
            let watch = inotify.watchIfPossible(directory, for: .departures)
        {
            days[watch] = day
        }
    }

    /// Ends the watches of days in which no job runs.
    func unwatchDays() {
        let wanted = Set(keys.keys.map(\.day))
        for (watch, day) in days where !wanted.contains(day) {
            inotify.unwatch(watch)
            days[watch] = nil
        }
    }
}
