public import Authentication
public import LinuxSystem
public import SpoolModel
public import TimeZones

/// The settings of the HTTP side.
public struct APISettings: Sendable {
    /// The addresses to listen at.
    public let interfaces: [Interface]
    /// The certificate; nil to serve http.
    public let certificate: Certificate?
    /// Authenticates requests; nil if no login is needed.
    public let authenticator: Authenticator?
    /// Names that the server is known by, besides `localhost` and addresses.
    public let serverNames: [String]
    /// Origins of other sites whose pages may use the API.
    public let allowedOrigins: [String]
    /// The proxies whose header fields about their clients are trusted.
    public let trustedProxies: TrustedProxies
    /// The most connections open at a time at one interface; further ones wait.
    public let connectionLimit: Int
    /// Seconds for which a connection may be silent while the server waits for it.
    public let clientTimeout: Int
    /// The most bytes of a pushed archive.
    public let uploadLimit: Int
    /// The path of `scrapy`, for the list of a project's spiders.
    public internal(set) var scrapy: String
    /// The path of `scrapy-spool-shim`, which supervises `scrapy list`.
    public let shim: String
    /// Seconds that `scrapy list` may take.
    public let listTimeout: Int
    /// The environment of `scrapy list`, as `NAME=value`.
    public let environment: [String]
    /// The account that `scrapy list` runs as; nil for this server's own.
    public let account: Account?
    /// The time zones: the local one is that of the times in answers.
    public let timeZones: TimeZones
    /// The machine's name.
    public let hostname: String
    /// This program's version.
    public let version: String
    /// The most jobs that run on the engine's machine at a time.
    public let slots: Int
    /// Whether jobs may be sent to Slurm.
    public let hasSlurm: Bool
    /// Whether other machines write into the spool. inotify does not report their writes.
    public let isShared: Bool
    /// The policy for copied spools.
    public let holdCopies: HoldCopies
    /// In which order, within which limits and where jobs start.
    public let rules: StartRules
    /// The interface for clients of scrapyd.
    public var clients = ClientSettings()

    let origins: OriginPolicy

    /// Settings with all their parts.
    public init(
        interfaces: [Interface], certificate: Certificate?, authenticator: Authenticator?, serverNames: [String],
        allowedOrigins: [String], trustedProxies: TrustedProxies, connectionLimit: Int, clientTimeout: Int,
        uploadLimit: Int,
        scrapy: String, shim: String, listTimeout: Int,
        environment: [String], account: Account?,
        timeZones: TimeZones, hostname: String, version: String, slots: Int, hasSlurm: Bool, isShared: Bool,
        holdCopies: HoldCopies, rules: StartRules
    ) {
        self.interfaces = interfaces
        self.certificate = certificate
        self.authenticator = authenticator
        self.serverNames = serverNames
        self.allowedOrigins = allowedOrigins
        self.trustedProxies = trustedProxies
        self.connectionLimit = connectionLimit
        self.clientTimeout = clientTimeout
        self.uploadLimit = uploadLimit
        self.scrapy = scrapy
        self.shim = shim
        self.listTimeout = listTimeout
        self.environment = environment
        self.account = account
        self.timeZones = timeZones
        self.hostname = hostname
        self.version = version
        self.slots = slots
        self.hasSlurm = hasSlurm
        self.isShared = isShared
        self.holdCopies = holdCopies
        self.rules = rules
        let own = interfaces.compactMap { interface in
            if case .tcp(let host, _) = interface { host } else { nil }
        }
        origins = OriginPolicy(names: serverNames + own + [hostname], origins: allowedOrigins)
    }
}
