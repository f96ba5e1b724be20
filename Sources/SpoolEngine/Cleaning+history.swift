internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension Cleaning {
    /// Bytes from which on a file of `history/` is shortened: some 8,000 jobs.
    static let longHistory: Int64 = 1 << 20
    /// Days after which it is, so that jobs of yesterday still have a line of their own.
    private static let freshDays = 2

    /// Puts lines of jobs together where a day has very many of them.
    func shortenHistory() {
        let today = CivilTime(Timestamp(microseconds: Machine.wallClock())).daysSinceEpoch
        // What cannot be listed is met again by the next purge, which says so.
        for day in (try? spool.historyDays()) ?? [] {
            guard let number = HistoryLine.day(ofFile: day), number < today - Cleaning.freshDays,
                let size = try? spool.root.information("\(Spool.history)/\(day)").size,
                size > max(Cleaning.longHistory, 2 * (shortened[day] ?? 0))
            else { continue }
            do throws(SpoolError) {
                shortened[day] = try spool.compactHistory(of: day) ?? size
                settle(.history(day))
            } catch {
                note(.history(day), error.description)
            }
        }
    }
}
