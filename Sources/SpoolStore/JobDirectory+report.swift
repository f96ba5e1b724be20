public import LinuxSystem
public import SpoolModel

/// The report of a crawl, in a directory that the spider's user may write.
extension JobDirectory {
    /// The name of the directory in a job's.
    public static let report = "report"

    /// The report of the crawl so far.
    public enum Report: Sendable {
        /// No report, or none yet.
        case none
        /// A valid report.
        case some(CrawlReport)
        /// A file, or another entry, that is no report.
        case bad
    }

    /// Replaces the directory by an empty one, for an attempt.
    ///
    /// - Parameter account: its owner; nil for this process's user.
    public func makeReport(for account: Account?) throws(SystemError) {
        try directory.removeTree(JobDirectory.report)
        try directory.makeDirectory(JobDirectory.report)
        if let account { try directory.directory(JobDirectory.report).give(to: account) }
    }

    /// Reads the report so far. The spider owns the directory and may be changing it.
    public func readReport() -> Report {
        let content: [UInt8]
        do throws(SystemError) {
            let file = try directory.foreignFile("\(JobDirectory.report)/progress")
            content = try file.readStream(limit: CrawlReport.limit + 1)
        } catch {
            // The shim makes a directory, and the hook regular files in it: another entry comes from the spider.
            let place = directory.informationIfAny(JobDirectory.report)
            guard place == nil || place?.kind == .directory else { return .bad }
            return directory.informationIfAny("\(JobDirectory.report)/progress") == nil ? .none : .bad
        }
        return CrawlReport(parsing: content).map { .some($0) } ?? .bad
    }

    /// Whether the directory for reports is there.
    public var hasReport: Bool { directory.contains(JobDirectory.report) }

    /// The most bytes of statistics that are read.
    public static let longestStatistics = 1 << 20

    /// The statistics that the crawl wrote at its end: text that should be JSON, and may be anything; nil if there are
    /// none, or too many.
    public func readStatistics() -> [UInt8]? {
        // The spider may have put anything there, which is the same as nothing.
        guard let file = try? directory.foreignFile("\(JobDirectory.report)/stats.json"),
            // As above.
            let text = try? file.readStream(limit: JobDirectory.longestStatistics + 1)
        else { return nil }
        return text.count <= JobDirectory.longestStatistics ? text : nil
    }

    /// Flushes the statistics that the crawl wrote at its end.
    public func flushReport() throws(SystemError) {
        try directory.foreignFile("\(JobDirectory.report)/stats.json").synchronizeContent()
    }
}
