internal import SpoolModel
internal import SpoolStore

/// The facts of a job that are not in its status, read when they are asked for: those that the crawl reports in its
/// `report/`, where the spider's user may write, so that none of these is trusted, and some of the server's own.
struct LiveFacts: Sendable {
    /// The most characters of an error that are shown, and the most bytes: a character may have any number of marks.
    private static let longestError = 400, longestErrorBytes = 1600

    /// The report of a crawl that runs.
    private(set) var progress: CrawlReport?
    /// Whether there is something else than a report.
    private(set) var isBad = false
    /// The first line of level ERROR or above of a crawl that has ended.
    private(set) var firstError: String?
    /// Why a pending job does not start.
    var wait: WaitReason?
    /// The bytes of the disk that its directory takes, and whether it is pinned; nil if these were not asked for.
    private(set) var keeping: (bytes: Int64, isPinned: Bool)?

    /// Nothing.
    init() {}

    /// Reads the report of a running job; nothing of others, whose status has it.
    init(ofRunning job: Job, in spool: Spool) {
        // A job that is gone or cannot be opened has no report.
        guard job.status.state == .running, let directory = try? spool.directory(of: job.id) else { return }
        switch directory.readReport() {
        case .none: break
        case .some(let report): progress = report
        case .bad: isBad = true
        }
    }

    /// Reads the report of one job, also the statistics of its end.
    init(of job: Job, in spool: Spool) {
        self.init(ofRunning: job, in: spool)
        // Without statistics that can be read there is no first error to show.
        guard job.status.state.isFinal, let directory = spool.directoryIfAny(of: job.id),
            let text = directory.readStatistics(), let statistics = JSON(ifValid: text)
        else { return }
        firstError = statistics["first_error"]?.text.map(LiveFacts.shortened)
    }

    /// Reads the report of a job, and its first error where it may have one.
    ///
    /// Most jobs of a long list have none: their statistics are not read.
    init(ofListed job: Job, in spool: Spool) {
        let mayHaveErrors = job.status.state == .failed || job.status[.errors] ?? 0 > 0
        self = mayHaveErrors ? LiveFacts(of: job, in: spool) : LiveFacts(ofRunning: job, in: spool)
    }

    /// Reads what it costs to keep a job.
    mutating func measure(_ id: JobID, in spool: Spool) {
        // A job that is gone takes nothing.
        keeping = (spool.directoryIfAny(of: id)?.diskUsage ?? 0, spool.isPinned(id))
    }

    private static func shortened(_ text: String) -> String {
        let text = CrawlReport.printable(String(text.prefix(longestError)))
        guard text.utf8.count > longestErrorBytes else { return text }
        var (short, count) = (String.UnicodeScalarView(), 0)
        for scalar in text.unicodeScalars {
            count += scalar.utf8.count
            if count > longestErrorBytes { break }
            short.append(scalar)
        }
        return String(short)
    }
}
