/// Which of a job's two logs.
public enum LogName: String, Hashable, Sendable, CaseIterable {
    /// What the spider wrote on standard output.
    case output = "out"
    /// What it wrote on standard error, where Scrapy logs.
    case error = "err"
}
