/// A key of the configuration file, which is also a variable of the environment and a flag of `serve`.
public struct ConfigurationKey: Sendable {
    /// The section of the file.
    public let section: String
    /// The key within the section, and the flag without its dashes.
    public let name: String
    /// The name of the variable: `SCRAPY_SPOOL_JOB_SLOTS`.
    public var variable: String {
        "SCRAPY_SPOOL_" + String(name.map { $0 == "-" ? "_" : $0 }).uppercased()
    }

    let set: @Sendable (inout Configuration, String) throws -> Void

    init(
        _ section: String, _ name: String,
        _ set: @escaping @Sendable (inout Configuration, String) throws -> Void
    ) {
        self.section = section
        self.name = name
        self.set = set
    }

    /// Every key there is, in the order of the documentation.
    public static let all: [ConfigurationKey] = [
        ConfigurationKey("scrapy-do", "project-store") { $0.projectStore = try Value.path($1) },
        ConfigurationKey("scrapy-do", "job-slots") { $0.jobSlots = try Value.number($1, in: 0...10_000) },
        ConfigurationKey("scrapy-do", "completed-cap") { $0.completedCap = try Value.number($1, in: 0...100_000_000) },
        ConfigurationKey("scrapy-do", "require-spool") { $0.requiresSpool = try Value.truth($1) },
        ConfigurationKey("scrapy-do", "scrapy") { $0.scrapy = try Value.path($1) },
        ConfigurationKey("scrapy-do", "stop-grace") { $0.stopGrace = try Value.seconds($1, in: 0...86_400) },
        ConfigurationKey("scrapy-do", "overlap") { $0.overlap = try Value.overlap($1) },
        ConfigurationKey("scrapy-do", "catch-up") { $0.catchUp = try Value.catchUp($1) },
        ConfigurationKey("scrapy-do", "list-timeout") { $0.listTimeout = try Value.seconds($1, in: 1...86_400) },
        ConfigurationKey("scrapy-do", "log-level") { $0.logLevel = try Value.word($1, of: Configuration.logLevels) },
        ConfigurationKey("web", "interfaces") { $0.interfaces = try Value.interfaces($1) },
        ConfigurationKey("web", "upload-limit") { $0.uploadLimit = try Value.bytes($1, in: 1...(1 << 50)) },
        ConfigurationKey("web", "https") { _, text in
            guard try !Value.truth(text) else { throw ValueError("this version serves http only; say `https = off`") }
        },
        ConfigurationKey("web", "auth") { _, text in
            guard try !Value.truth(text) else {
                throw ValueError("this version knows no authentication; say `auth = off`")
            }
        },
        // What these name is used by `https` and `auth` only.
        ConfigurationKey("web", "key") { _, _ in },
        ConfigurationKey("web", "cert") { _, _ in },
        ConfigurationKey("web", "chain") { _, _ in },
        ConfigurationKey("web", "auth-db") { _, _ in },
    ]

    /// Sections of scrapy-do that say how its own parts are put together, which means nothing here.
    static let foreignSections: Set<String> = ["web-modules"]
}

extension Configuration {
    static let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
}
