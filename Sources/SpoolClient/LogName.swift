/// Which of a job's two logs.
public enum LogName: String, Hashable, Sendable, CaseIterable {
    /// Standard output of the spider.
    case output = "out"
    /// Standard error of the spider, where Scrapy logs.
    case error = "err"
}
