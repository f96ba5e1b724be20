/// The content of a job's `status` file: a state, then facts as `key=value`, on one line.
///
/// Times are UTC in RFC 3339 with microseconds. Keys and values contain no white space: it is written with `%` escapes.
/// Keys that this program does not know keep their place.
public struct JobStatus: Hashable, Sendable {
    /// The state, the line's first word.
    public var state: JobState
    private var facts: [Fact]

    /// A status with the time of its last change.
    public init(_ state: JobState, at instant: Timestamp) {
        self.state = state
        facts = []
        self[.at] = instant
    }

    /// Parses one line, with or without its line feed. nil for an unknown state, a second line, control characters, a
    /// word that is not `key=value`, or a missing time of the last change.
    public init?(parsing line: String) {
        var text = Array(line.utf8)[...]
        if text.last == UInt8(ascii: "\n") { text = text.dropLast() }
        guard text.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { return nil }
        var words = text.split(separator: UInt8(ascii: " "))[...]
        guard let first = words.popFirst(), let state = JobState(rawValue: String(decoding: first, as: UTF8.self))
        else { return nil }
        self.state = state
        facts = []
        for word in words {
            guard let separator = word.firstIndex(of: UInt8(ascii: "=")), separator > word.startIndex else {
                return nil
            }
            facts.append(
                Fact(
                    key: String(decoding: word[..<separator], as: UTF8.self),
                    value: String(decoding: word[word.index(after: separator)...], as: UTF8.self)))
        }
        guard self[.at] != nil else { return nil }
    }

    /// The file's content: the line with its line feed.
    public var line: String {
        facts.reduce(into: state.rawValue) { $0 += " " + $1.key + "=" + $1.value } + "\n"
    }

    /// The value of a fact, unescaped. Setting nil removes the fact. White space, `%` and control characters are
    /// escaped.
    public subscript(text key: String) -> String? {
        get { facts.first { $0.key == key }.map { unescaped($0.value) } }
        set {
            guard let newValue else { return facts.removeAll { $0.key == key } }
            let fact = Fact(key: key, value: escaped(newValue))
            if let index = facts.firstIndex(where: { $0.key == key }) {
                facts[index] = fact
            } else {
                facts.append(fact)
            }
        }
    }

    /// A fact whose value is a time.
    public subscript(key: TimeFact) -> Timestamp? {
        get { self[text: key.rawValue].flatMap { Timestamp(rfc3339: $0) } }
        set { self[text: key.rawValue] = newValue?.rfc3339 }
    }

    /// A fact whose value is a whole number in the fact's range. A count outside its range is clamped to it; any other
    /// number outside its range, such as a pid or a version, is nil.
    public subscript(key: NumberFact) -> Int? {
        get { self[text: key.rawValue].flatMap { key.value(of: $0) } }
        set { self[text: key.rawValue] = newValue.map { String($0) } }
    }

    /// The facts whose text is not a whole number in their range.
    public var factsOutOfRange: [NumberFact] {
        NumberFact.allCases.filter { key in
            self[text: key.rawValue].map { text in !(Int(text).map(key.range.contains) ?? false) } ?? false
        }
    }

    /// A fact whose value is a word.
    ///
    /// An attempt is nil if it cannot be part of a file name.
    public subscript(key: WordFact) -> String? {
        get {
            let text = self[text: key.rawValue]
            guard key == .attempt, let text else { return text }
            let canBeName = text.utf8.count <= 200 && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "/") }
            return canBeName ? text : nil
        }
        set { self[text: key.rawValue] = newValue }
    }

    /// Whole seconds from start to end, rounded down and never negative; nil for a job that never ran or has not ended.
    public var duration: Int? {
        guard let started = self[.started], let ended = self[.ended] else { return nil }
        return max(0, Int((ended.microseconds - started.microseconds) / 1_000_000))
    }

    /// The attempt of a job that was handed to Slurm and is waiting or running there; nil for all other jobs.
    public var remoteAttempt: String? {
        guard state == .pending || state == .running, self[.executor] == Executor.slurm.rawValue else { return nil }
        return self[.attempt]
    }

    /// The `reason` of a job whose shim was terminated, for example by a shutdown, and which was not canceled.
    public static let terminated = "terminated"

    /// The fact `start` of a spider that was forked from a process with Scrapy in its memory.
    public static let warmStart = "warm"

    /// The fact `start` of a spider that was started as a new program.
    ///
    /// - Parameter reason: the reason, one word.
    public static func coldStart(_ reason: String) -> String { "cold:\(reason)" }

    /// The `reason` of a job whose crawl reports that it was shut down, although the shim did not ask for it: the spider got
    /// a signal from elsewhere, or could not open.
    public static let shutdown = "shutdown"

    /// Turns the status of an interrupted run into that of a pending job: it removes the facts about the attempt, its
    /// place and version, its processes and their end, and its times.
    public mutating func requeue(at instant: Timestamp) {
        state = .pending
        self[.at] = instant
        let outcome: [NumberFact] = [
            .items, .dropped, .requests, .responses, .failed, .denied, .errors, .peakMemory, .processorTime,
        ]
        for fact in [NumberFact.pid, .ticks, .shim, .shimTicks, .exit, .signal, .version, .slurmJob] + outcome {
            self[fact] = nil
        }
        for fact in [TimeFact.started, .ended] { self[fact] = nil }
        for fact in [WordFact.attempt, .start, .boot, .node, .executor, .finish, .report, .rule] { self[fact] = nil }
    }

    /// Facts that are times.
    public enum TimeFact: String, Sendable {
        /// The last change of state; for a scheduled job its creation.
        case at
        /// When the start of the spider's process was requested.
        case started
        /// When the job ended.
        case ended
        /// When a scheduled job fires next.
        case next
        /// When that firing is due by the schedule; present if jitter delays it.
        case due
        /// Before this a pending retry does not start.
        case notBefore = "not_before"
    }

    /// Facts that are whole numbers.
    public enum NumberFact: String, Sendable, CaseIterable {
        /// The number of times that the job was interrupted and requeued.
        case interrupted
        /// The pid of the shim, and its start time in clock ticks since boot (field 22 of `/proc/PID/stat`).
        case shim, shimTicks = "shim_ticks"
        /// The pid of the spider, and its start time in clock ticks since boot.
        case pid, ticks
        /// The exit status of the spider's process, or the signal that ended it.
        case exit, signal
        /// The lengths of the two logs at the end.
        case outBytes = "out_bytes", errBytes = "err_bytes"
        /// The version of the project's code that ran.
        case version
        /// The number of the try, from 2 on: the first one has no such fact (``RetryPolicy``).
        case tryNumber = "try"
        /// Slurm's number of the job, for display only: Slurm may reuse it.
        case slurmJob = "slurm_job"
        /// The counts of the crawl's report (``CrawlReport``): items scraped and dropped, requests, responses, downloads
        /// that failed, responses by which a site keeps crawlers out, and log records of level ERROR and above.
        case items, dropped, requests, responses, failed, denied, errors
        /// The most memory of the largest process of the spider, in KiB, and processor time of all of them that were waited
        /// for, in milliseconds (wait4(2)).
        case peakMemory = "rss_kib", processorTime = "cpu_ms"

        /// The valid values of the fact.
        public var range: ClosedRange<Int> {
            switch self {
            case .interrupted: 0...1_000_000
            case .shim, .pid: 1...Int(Int32.max)
            case .shimTicks, .ticks: 0...(1 << 62)
            case .exit: 0...255
            case .signal: 1...127
            case .outBytes, .errBytes: 0...(1 << 60)
            case .version: 1...VersionNumber.limit
            case .tryNumber: 1...(JobOptions.mostRetries + 1)
            case .slurmJob: 1...Int(UInt32.max)
            case .items, .dropped, .requests, .responses, .failed, .denied, .errors: 0...(1 << 53)
            case .peakMemory, .processorTime: 0...(1 << 53)
            }
        }

        /// Whether a number outside the range is clamped to it.
        private var isCount: Bool {
            switch self {
            case .shim, .shimTicks, .pid, .ticks, .exit, .signal, .version, .slurmJob, .tryNumber: false
            case .interrupted, .outBytes, .errBytes: true
            case .items, .dropped, .requests, .responses, .failed, .denied, .errors: true
            case .peakMemory, .processorTime: true
            }
        }

        fileprivate func value(of text: String) -> Int? {
            guard let number = Int(text) else {
                // A number that does not fit into an Int.
                let isLong = isCount && !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
                return isLong ? range.upperBound : nil
            }
            if range.contains(number) { return number }
            return isCount ? min(max(number, range.lowerBound), range.upperBound) : nil
        }
    }

    /// Facts that are words.
    public enum WordFact: String, Sendable {
        /// The id of the start, by which a shim claims it.
        case attempt
        /// How the spider's process started, where warm starts are on: ``warmStart``, or ``coldStart(_:)``.
        case start
        /// The boot id of the machine at the time of the attempt.
        case boot
        /// The machine that the job runs on, or ran on.
        case node
        /// The kind of executor, if it is not the engine's machine (``Executor``).
        case executor
        /// The reason for the state, where the state alone is not enough.
        case reason
        /// The finish reason of the crawl's report.
        case finish
        /// `bad` if the crawl has written an invalid report.
        case report
        /// The rule of `fail-if` by which the job has failed, with a number in place of a median.
        case rule
        /// The requester of the job (``Requester``), if known.
        case by
        /// The requester of the job's cancellation, if known.
        case canceledBy = "canceled_by"
    }

    private struct Fact: Hashable, Sendable {
        var key: String
        var value: String
    }
}

/// Percent-escapes the characters that would split a line into words.
func escaped(_ value: String) -> String {
    guard value.utf8.contains(where: needsEscape) else { return value }
    var bytes: [UInt8] = []
    for byte in value.utf8 {
        if needsEscape(byte) {
            bytes.append(UInt8(ascii: "%"))
            bytes.append(hexDigits[Int(byte >> 4)])
            bytes.append(hexDigits[Int(byte & 15)])
        } else {
            bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

private func needsEscape(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == 0x7f || byte == UInt8(ascii: "%")
}

func unescaped(_ value: String) -> String {
    guard value.utf8.contains(UInt8(ascii: "%")) else { return value }
    var bytes: [UInt8] = []
    var rest = Array(value.utf8)[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), rest.count >= 2, let high = hexDigit(rest[rest.startIndex]),
            let low = hexDigit(rest[rest.startIndex + 1])
        {
            bytes.append(high << 4 | low)
            rest = rest.dropFirst(2)
        } else {
            bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

let hexDigits = Array("0123456789abcdef".utf8)
