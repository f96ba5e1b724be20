internal import LinuxSystem
internal import Logging
internal import SpoolModel
internal import SpoolStore

extension Engine {
    // MARK: The log

    /// Says something in the log, unless it is what was said last of its subject.
    ///
    /// - Parameter stamp: what the subject looks like; when that changes, the same text is said again.
    func say(
        _ level: Logger.Level, _ text: String, about subject: Remarks.Subject, stamp: String = "",
        _ metadata: Logger.Metadata = [:]
    ) {
        guard remarks.isNews(text, about: subject, stamp: stamp) else { return }
        logger.log(level: level, "\(text)", metadata: metadata)
    }

    // MARK: Days

    /// Hears from now on when a job of a day is removed.
    func watchDay(of id: JobID) {
        let day = id.day
        guard !days.values.contains(day) else { return }
        // Without the watch, the slow look finds it.
        if let directory = try? spool.jobs.directory(day),
            let watch = try? inotify.watch(directory, for: .departures)
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
