public import SpoolModel
public import TimeZones

/// What the HTTP side is told when it starts.
public struct APISettings: Sendable {
    /// Where to listen.
    public var interfaces: [Interface]
    /// The most bytes that the body of a push may have.
    public var uploadLimit: Int
    /// The file of `scrapy`, for the list of a project's spiders.
    public var scrapy: String
    /// The file of `scrapy-spool-shim`, which sees to the end of `scrapy list`.
    public var shim: String
    /// Seconds that `scrapy list` may take.
    public var listTimeout: Int
    /// The environment of `scrapy list`, as `NAME=value`.
    public var environment: [String]
    /// The time zones: the local one is that of the times in answers.
    public var timeZones: TimeZones
    /// The machine's name.
    public var hostname: String
    /// This program's version.
    public var version: String

    /// Settings with nothing left out.
    public init(
        interfaces: [Interface], uploadLimit: Int, scrapy: String, shim: String, listTimeout: Int,
        environment: [String],
        timeZones: TimeZones, hostname: String, version: String
    ) {
        self.interfaces = interfaces
        self.uploadLimit = uploadLimit
        self.scrapy = scrapy
        self.shim = shim
        self.listTimeout = listTimeout
        self.environment = environment
        self.timeZones = timeZones
        self.hostname = hostname
        self.version = version
    }
}
