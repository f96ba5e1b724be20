/// A line of a day's file in `history/`: a job that has ended, or several that went alike.
///
///     01933f2e-8a10-7c3e-9d51-8f1c8e2f0a77 2026-11-28T09:12:33.120000Z 41 bookshop books SUCCESSFUL
///     x250 2026-11-28T09:15:00.000000Z 120 bookshop books FAILED
///
/// The words are the job's id or how many jobs, when they ended (UTC), whole seconds that each ran (`-` for one that never
/// did), project, spider and outcome. White space, `%` and control characters in names have `%` escapes. Words between the
/// spider and the outcome are passed over: a newer version may say more. The outcome is last, so that a line whose end is
/// missing is none.
public struct HistoryLine: Hashable, Sendable {
    /// What a line tells of.
    public enum Subject: Hashable, Sendable {
        /// One job. It counts once, however many lines it has.
        case job(JobID)
        /// So many jobs, whose lines this one has replaced; at least 1.
        case count(Int)
    }

    /// What it tells of.
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

    /// The most jobs that a line can tell of; a larger number means so many.
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

    /// Reads a line without its line feed; nil for what is none. A number that is too high or too low means the highest or
    /// lowest.
    public init?(parsing bytes: some Collection<UInt8>) {
        guard bytes.count <= HistoryLine.longest else { return nil }
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

    private static func subject(of word: some Collection<UInt8>) -> Subject? {
        guard word.first == UInt8(ascii: "x") else {
            return JobID(String(decoding: word, as: UTF8.self)).map { .job($0) }
        }
        return number(of: word.dropFirst(), atMost: mostJobs).flatMap { $0 > 0 ? .count($0) : nil }
    }

    /// The seconds of a word, -1 for `-`; nil for what is neither.
    private static func seconds(of word: some Collection<UInt8>) -> Int32? {
        if word.count == 1, word.first == UInt8(ascii: "-") { return -1 }
        return number(of: word, atMost: Int(Int32.max)).map { Int32($0) }
    }

    /// A number of decimal digits, or the most if it is more; nil for anything else.
    private static func number(of word: some Collection<UInt8>, atMost most: Int) -> Int? {
        guard !word.isEmpty, word.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return min(Int(String(decoding: word, as: UTF8.self)) ?? most, most)
    }

    private static func text(of word: some Collection<UInt8>) -> String? {
        String(validating: word, as: UTF8.self).map { unescaped($0) }
    }

    /// The line as it stands in the file, ended by a line feed.
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

    /// How many jobs the line tells of.
    public var count: Int { if case .count(let count) = subject { count } else { 1 } }

    /// The name of the file that the line belongs into: the day (UTC) on which the job ended.
    public var day: String { CivilTime(ended).dateText }

    /// Whether some text of a file says nothing on purpose: it is empty, or a remark that begins with `#`.
    public static func isRemark(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.first.map { $0 == UInt8(ascii: "#") } ?? true
    }

    /// The day of a file of that name, counted from 1970-01-01; nil for a name that is no day's.
    public static func day(ofFile name: String) -> Int? {
        guard name.utf8.count == 10, let instant = Timestamp(rfc3339: "\(name)T00:00:00Z") else { return nil }
        let day = CivilTime(instant)
        return day.dateText == name ? day.daysSinceEpoch : nil
    }
}
