internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension Cleaning {
    /// Bytes from which on a file of `history/` is shortened: some 8,000 jobs.
    static let longHistory: Int64 = 1 << 20
    /// Files of this many days before today are left as they are, so that yesterday's jobs keep lines of their own.
    private static let freshDays = 2

    /// Merges lines of jobs in files of days with very many jobs.
    func shortenHistory() {
        let today = CivilTime(Timestamp(microseconds: SystemClock.wall())).daysSinceEpoch
        // If the directory cannot be read, the next purge fails on it too and reports the error.
        for day in (try? spool.historyDays()) ?? [] {
            guard let number = HistoryLine.day(ofFile: day), number < today - Cleaning.freshDays,
                let size = spool.root.informationIfAny("\(Spool.history)/\(day)")?.size,
                size > max(Cleaning.longHistory, 2 * (shortened[day] ?? 0))
            else { continue }
            do throws(SpoolError) {
                shortened[day] = try spool.compactHistory(of: day) ?? size
                clear(.history(day))
            } catch {
                note(.history(day), error.description)
            }
        }
    }
}
