/// A line of a day's file in `history/`: a finished job, or several similar ones.
///
///     01933f2e-8a10-7c3e-9d51-8f1c8e2f0a77 2026-11-28T09:12:33.120000Z 41 bookshop books SUCCESSFUL
///     x250 2026-11-28T09:15:00.000000Z 120 bookshop books FAILED
///
/// The words are the job's id or the number of jobs, their end (UTC), the whole seconds that each ran (`-` for one that
/// never did), project, spider and outcome. White space, `%` and control characters in names have `%` escapes. Words
/// between the spider and the outcome are ignored: a newer version may add some. The outcome is last, so that a line
/// that was cut off is invalid.
public struct HistoryLine: Hashable, Sendable {
    /// The jobs of a line.
    public enum Subject: Hashable, Sendable {
        /// One job. It counts once, however many lines it has.
        case job(JobID)
        /// A number of jobs whose lines this one replaced; at least 1.
        case count(Int)
    }

    /// The job, or the number of jobs.
    public let subject: Subject
    /// When the job ended; of several, a time of the same quarter of an hour.
    public let ended: Timestamp
    /// Whole seconds that each job ran; nil for one that never did.
    public let seconds: Int32?
    /// The project.
    public let project: ProjectName
    /// The spider.
    public let spider: SpiderName
    /// How it went; final.
    public let outcome: JobState

    /// The most jobs of a line; a larger number is read as this one.
    public static let mostJobs = 1_000_000_000
    /// The most bytes of a line that is read: two names of 255 bytes, all of them escaped, and the rest.
    public static let longest = 4096

    /// A line with nothing left out.
    public init(
        _ subject: Subject, ended: Timestamp, seconds: Int32?, project: ProjectName, spider: SpiderName,
        outcome: JobState
    ) {
        self.subject = subject
        self.ended = ended
        self.seconds = seconds
        self.project = project
        self.spider = spider
        self.outcome = outcome
    }

    /// The line of a job; nil for one that has not ended.
    public init?(of metadata: JobMetadata, _ status: JobStatus) {
        guard status.state.isFinal else { return nil }
        self.init(
            .job(metadata.id), ended: status[.ended] ?? status[.at] ?? metadata.created,
            seconds: status.duration.map { Int32(clamping: $0) }, project: metadata.project, spider: metadata.spider,
            outcome: status.state)
    }

    /// Parses a line without its line feed; nil if it is invalid. Numbers that are too high are read as the highest.
    public init?(parsing bytes: some Collection<UInt8>) {
        // Names are escaped, so control characters, such as CR between lines, are not part of a line.
        guard bytes.count <= HistoryLine.longest, bytes.allSatisfy({ $0 >= 0x20 }) else { return nil }
        let words = bytes.split(separator: UInt8(ascii: " "))
        guard words.count >= 6, let subject = HistoryLine.subject(of: words[0]),
            let ended = Timestamp(rfc3339: String(decoding: words[1], as: UTF8.self)),
            let seconds = HistoryLine.seconds(of: words[2]),
            let project = HistoryLine.text(of: words[3]).flatMap({ ProjectName($0) }),
            let spider = HistoryLine.text(of: words[4]).flatMap({ SpiderName($0) }),
            let outcome = JobState(rawValue: String(decoding: words[words.count - 1], as: UTF8.self)), outcome.isFinal
        else { return nil }
        self.init(
            subject, ended: ended, seconds: seconds < 0 ? nil : seconds, project: project, spider: spider,
            outcome: outcome)
    }

    static func subject(of word: some Collection<UInt8>) -> Subject? {
        guard word.first == UInt8(ascii: "x") else {
            return JobID(String(decoding: word, as: UTF8.self)).map { .job($0) }
        }
        return number(of: word.dropFirst(), atMost: mostJobs).flatMap { $0 > 0 ? .count($0) : nil }
    }

    /// The seconds in a word, -1 for `-`; nil for any other word.
    static func seconds(of word: some Collection<UInt8>) -> Int32? {
        if word.count == 1, word.first == UInt8(ascii: "-") { return -1 }
        return number(of: word, atMost: Int(Int32.max)).map { Int32($0) }
    }

    /// The number in decimal digits, `most` at most; nil for any other word.
    private static func number(of word: some Collection<UInt8>, atMost most: Int) -> Int? {
        guard !word.isEmpty, word.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return min(Int(String(decoding: word, as: UTF8.self)) ?? most, most)
    }

    static func text(of word: some Collection<UInt8>) -> String? {
        String(validating: word, as: UTF8.self).map { unescaped($0) }
    }

    /// The line's text in the file, with a line feed at its end.
    public var line: String {
        let first =
            switch subject {
            case .job(let id): id.description
            case .count(let count): "x\(count)"
            }
        let words = [
            first, ended.rfc3339, seconds.map { String($0) } ?? "-", escaped(project.description),
            escaped(spider.description), outcome.rawValue,
        ]
        return words.joined(separator: " ") + "\n"
    }

    /// The number of jobs.
    public var count: Int { if case .count(let count) = subject { count } else { 1 } }

    /// The name of the file for the line: the day (UTC) on which the job ended.
    public var day: String { CivilTime(ended).dateText }

    /// Whether a line of a file is to be ignored: it is empty, or begins with `#`.
    public static func isRemark(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.first.map { $0 == UInt8(ascii: "#") } ?? true
    }

    /// The day of a file by its name, counted from 1970-01-01; nil if the name is no date.
    public static func day(ofFile name: String) -> Int? {
        guard name.utf8.count == 10, let instant = Timestamp(rfc3339: "\(name)T00:00:00Z") else { return nil }
        let day = CivilTime(instant)
        return day.dateText == name ? day.daysSinceEpoch : nil
    }
}
