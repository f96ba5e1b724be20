internal import LinuxSystem
internal import Logging
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The outcomes of jobs whose directories are gone, from the files of `history/`, as sums for the days that were
/// queried lately. Single jobs are kept only while they have both a line and a directory.
///
/// A file is read when a query needs its day. When it has grown, only the new lines are read.
final class HistoryIndex: Sendable {
    /// The content of a day's file.
    private struct Day {
        /// The file's stamp when it was read; nil if there is no file, or it could not be read.
        var stamp: StatusStamp?
        /// The offset of the end of its lines, and the bytes before it, which show whether the file was rewritten.
        var offset: Int64 = 0, tail: [UInt8] = []
        var sums = PastSums()
        /// Jobs with both a line and a directory: a purge is in progress, or was interrupted.
        var doubtful: [JobID: PastJob] = [:]
        /// When the file was last read from its beginning, and last queried.
        var began = Timestamp(microseconds: 0), used = Timestamp(microseconds: 0)
    }

    /// Microseconds after which a file is read again from its beginning: a user may have restored the directory of a
    /// job that has a line.
    private static let trust: Int64 = 3_600_000_000
    /// Microseconds for which a day is kept after its last query.
    private static let lifetime: Int64 = 600_000_000
    /// The most bytes that are compared to recognize a file.
    private static let tailLength = 64

    private let spool: Spool
    private let zone: TimeZoneRules
    private let logger: Logger
    private let days = Mutex<[Int: Day]>([:])
    /// The logged reasons why something is not counted, by path: each is logged once.
    private let reasons = Mutex<[String: String]>([:])

    init(spool: Spool, zone: TimeZoneRules, logger: Logger) {
        self.spool = spool
        self.zone = zone
        self.logger = logger
    }

    /// Logs why something is not counted, unless it was logged; nil where everything is.
    private func note(_ reason: String?, _ path: String) {
        let isKnown = reasons.withLock { reasons in
            defer { reasons[path] = reason }
            return reasons[path] == reason
        }
        if let reason, !isKnown { logger.warning("\(path) \(reason)") }
    }

    /// The history of some days in the server's local time, counted from 1970-01-01. Waits for the disk.
    func past(of wanted: ClosedRange<Int>) -> Past {
        let now = Timestamp.now
        var past = Past()
        let kind = spool.root.informationIfAny(Spool.history)?.kind
        note(
            kind == .directory || kind == nil
                ? nil
                : "is not a directory, and links are not followed: the jobs in it are not counted until it is one",
            Spool.history)
        // The files are of UTC days. A local date is at most one day off.
        for number in wanted.lowerBound - 1...wanted.upperBound + 1 {
            // Read without the lock: two queries may read the same file, and either result is kept.
            var day = days.withLock { $0[number] } ?? Day()
            bringUpToDate(&day, number, now)
            past.add(day.sums, day.doubtful)
            past.stamps.updateValue(day.stamp, forKey: number)
            day.used = now
            days.withLock { [day] in $0[number] = day }
        }
        days.withLock { days in
            for (number, day) in days where now.microseconds(since: day.used) > HistoryIndex.lifetime {
                days[number] = nil
            }
        }
        return past
    }

    /// Whether the files have not changed since.
    func isCurrent(_ past: Past) -> Bool {
        past.stamps.allSatisfy { number, stamp in self.stamp(of: HistoryIndex.name(of: number)) == stamp }
    }

    private static func name(of day: Int) -> String { CivilTime.date(daysSinceEpoch: day).dateText }

    private func stamp(of name: String) -> StatusStamp? {
        spool.root.informationIfAny("\(Spool.history)/\(name)")?.stamp
    }

    private func bringUpToDate(_ day: inout Day, _ number: Int, _ now: Timestamp) {
        let name = HistoryIndex.name(of: number)
        let stamp = stamp(of: name)
        let isTrusted = now.microseconds(since: day.began) < HistoryIndex.trust && now >= day.began
        if stamp == nil {
            day = Day()
            note(nil, "\(Spool.history)/\(name)")
        } else if stamp != day.stamp || !isTrusted {
            do throws(SystemError) {
                try read(&day, name, isTrusted: isTrusted, now)
            } catch {
                // A file that cannot be read is tried again at the next query.
                day = Day()
                noteUnreadable(name, error)
            }
        }
        for (id, job) in day.doubtful where !spool.contains(id) {
            day.doubtful[id] = nil
            day.sums.add(job)
        }
    }

    private func noteUnreadable(_ name: String, _ error: SystemError) {
        // The cause is logged for the directory, or the file is gone.
        guard spool.root.directoryIfAny(Spool.history) != nil,
            let kind = spool.root.informationIfAny("\(Spool.history)/\(name)")?.kind
        else { return }
        let reason = kind == .file ? "cannot be read (\(error))" : "is not a file, and links are not followed"
        note("\(reason): its jobs are not counted", "\(Spool.history)/\(name)")
    }

    private func read(_ day: inout Day, _ name: String, isTrusted: Bool, _ now: Timestamp) throws(SystemError) {
        var next = day
        var text = HistoryText()
        var seen: Set<JobID> = []
        var isCut = false
        try spool.readHistory(
            of: name, upTo: Spool.longestDay,
            from: { (file, information) throws(SystemError) in
                let tail = try file.read(count: next.tail.count, at: next.offset - Int64(next.tail.count))
                let isLonger = next.stamp?.inode == information.inode && information.size > next.offset
                if !isTrusted || !isLonger || tail != next.tail {
                    next = Day()
                    next.began = now
                }
                next.stamp = information.stamp
                isCut = information.size > Spool.longestDay
                return next.offset
            },
            { piece in
                text.take(piece) { content, _ in take(content, into: &next, &seen) }
                return true
            })
        // A whole last line without a line feed, as an editor may leave it, counts too, but not twice if the file
        // grows.
        if let end = text.end(), case .line = end {
            take(end, into: &next, &seen)
            next.offset += Int64(text.unfinished.count)
        }
        next.offset += text.consumed
        // The rest of a line that goes on beyond the limit need not be read again.
        if isCut { next.offset = Spool.longestDay }
        note(
            isCut
                ? "has more than \(Spool.longestDay >> 20) MiB: the lines beyond are not counted; make it shorter"
                : nil,
            "\(Spool.history)/\(name)")
        let length = min(Int64(HistoryIndex.tailLength), next.offset)
        next.tail = try spool.root.foreignFile("\(Spool.history)/\(name)")
            .read(count: Int(length), at: next.offset - length)
        day = next
    }

    private func take(_ content: HistoryText.Content, into day: inout Day, _ seen: inout Set<JobID>) {
        guard case .line(let line) = content else { return }
        let job = PastJob(line, in: zone)
        guard case .job(let id) = line.subject else { return day.sums.add(job) }
        // An interrupted purge wrote the line again.
        guard seen.insert(id).inserted else { return }
        if spool.contains(id) {
            day.doubtful[id] = job
        } else {
            // An earlier line may have been read while the job still had a directory.
            day.doubtful[id] = nil
            day.sums.add(job)
        }
    }
}
