package import SpoolModel
package import SpoolStore

/// Where a search of logs goes on: `next` of an answer, and `after` of the next request.
///
/// The text is the last change of the job in microseconds since the epoch, or `-` for a job that has not ended; its id; the
/// log; and the ``LineScanner/Place`` in it, all with colons between them.
package struct LogSearchPlace: Equatable, Sendable, CustomStringConvertible {
    /// When the job has ended; nil if it has not.
    package let ended: Timestamp?
    /// The job.
    package let job: JobID
    /// The log.
    package let log: JobLog
    /// The place in it.
    package let place: LineScanner.Place

    /// No log is longer, so that no sum of offsets overflows.
    private static let longest = Int64(1) << 60
    private static let found = "in"

    /// A place.
    package init(ended: Timestamp?, job: JobID, log: JobLog, place: LineScanner.Place) {
        (self.ended, self.job, self.log, self.place) = (ended, job, log, place)
    }

    /// Parses a text of ``description``; nil for any other.
    package init?(_ text: String) {
        let words = text.split(separator: ":", omittingEmptySubsequences: false)
        guard words.count == 5 || words.count == 6 && words[5] == LogSearchPlace.found,
            let job = JobID(words[1]), let log = JobLog(rawValue: String(words[2])),
            let offset = LogSearchPlace.number(words[3]), let lines = LogSearchPlace.number(words[4])
        else { return nil }
        if words[0] == "-" {
            ended = nil
        } else {
            guard let time = LogSearchPlace.number(words[0]) else { return nil }
            ended = Timestamp(microseconds: time)
        }
        (self.job, self.log) = (job, log)
        place = LineScanner.Place(offset: offset, lines: lines, isInFoundLine: words.count == 6)
    }

    private static func number(_ word: Substring) -> Int64? {
        guard let number = Int64(word), (0...longest).contains(number) else { return nil }
        return number
    }

    package var description: String {
        let time = ended.map { "\($0.microseconds)" } ?? "-"
        let end = place.isInFoundLine ? ":\(LogSearchPlace.found)" : ""
        return "\(time):\(job):\(log.rawValue):\(place.offset):\(place.lines)\(end)"
    }
}
