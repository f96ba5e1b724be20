/// The report of a crawl in `report/progress`: one line of `key=value`. The code of a project can write it too, so it
/// is not trusted.
public struct CrawlReport: Hashable, Sendable {
    /// The stage of a crawl.
    public enum Phase: String, Sendable {
        /// There is a crawler, and no spider yet.
        case start
        /// The spider works.
        case open
        /// The spider has closed, with a reason; feeds are being stored.
        case closing
        /// The engine has stopped.
        case closed
        /// The process ended, and no spider had been opened.
        case exit
    }

    /// The most bytes that a line has.
    public static let limit = 512

    /// The stage.
    public let phase: Phase
    /// The reason for which the spider was closed (`finish_reason`), at most 64 bytes with its escapes; nil before
    /// that.
    public let finish: String?
    /// The counts.
    public let counts: [JobStatus.NumberFact: Int]
    /// How many requests were sent again; not a fact of the status.
    public let retries: Int?
    /// Whether the crawl got a signal by which Scrapy shuts down. `Crawler.stop()` has the same finish reason, `shutdown`.
    public let wasSignaled: Bool

    /// The keys of counts and their facts of the final status.
    private static let names: [String: JobStatus.NumberFact] = [
        "items": .items, "dropped": .dropped, "requests": .requests, "responses": .responses, "failed": .failed,
        "denied": .denied, "errors": .errors,
    ]

    /// Reads the content of the file; nil for anything but one whole line with the phase, each key at most once, and no
    /// other keys.
    public init?(parsing content: [UInt8]) {
        guard content.count <= CrawlReport.limit, content.last == UInt8(ascii: "\n") else { return nil }
        let line = content.dropLast()
        guard line.allSatisfy({ (0x20...0x7e).contains($0) }) else { return nil }
        var phase: Phase?
        var finish: String?
        var counts: [JobStatus.NumberFact: Int] = [:]
        var retries: Int?
        var known: Set<String> = []
        for word in line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false) {
            guard let separator = word.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let key = String(decoding: word[..<separator], as: UTF8.self)
            let value = String(decoding: word[word.index(after: separator)...], as: UTF8.self)
            guard known.insert(key).inserted else { return nil }
            switch key {
            case "phase":
                phase = Phase(rawValue: value)
            case "finish":
                guard !value.isEmpty, value.utf8.count <= 64 else { return nil }
                finish = CrawlReport.printable(unescaped(value))
            case "signaled":
                guard value == "1" else { return nil }
            default:
                guard let count = CrawlReport.count(value) else { return nil }
                if key == "retries" {
                    retries = count
                } else {
                    guard let fact = CrawlReport.names[key] else { return nil }
                    counts[fact] = count
                }
            }
        }
        guard let phase else { return nil }
        self.phase = phase
        self.finish = finish
        self.counts = counts
        self.retries = retries
        wasSignaled = known.contains("signaled")
    }

    /// Whether the crawl was shut down by a signal, or before it had opened: if the shim did not ask for it, it has failed.
    public var wasShutDown: Bool {
        wasSignaled || finish == JobStatus.shutdown && phase != .closing && phase != .closed
    }

    /// A text without characters that control a terminal or hide others: controls, directions, line ends.
    public static func printable(_ text: String) -> String {
        var printable = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: printable.unicodeScalars.append("\u{FFFD}")
            default: printable.unicodeScalars.append(scalar)
            }
        }
        return printable
    }

    /// Digits only: no sign, no space. At most what a status can hold.
    private static func count(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 16, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text).flatMap { JobStatus.NumberFact.items.range.contains($0) ? $0 : nil }
    }
}
