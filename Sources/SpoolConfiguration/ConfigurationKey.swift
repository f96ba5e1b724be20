internal import SpoolModel

/// A key of the configuration file, which is also a variable of the environment and a flag of `serve`.
public struct ConfigurationKey: Sendable {
    /// The section of the file.
    public let section: String
    /// The key within the section, and the flag without its dashes.
    public let name: String
    /// The name of the variable: `SCRAPY_SPOOL_JOB_SLOTS`.
    public var variable: String {
        "SCRAPY_SPOOL_" + String(id.map { $0 == "-" ? "_" : $0 }).uppercased()
    }

    /// The name, unique among all sections: the keys of [slurm] have names that are meaningful only within it.
    public var id: String { section == "slurm" ? "slurm-\(name)" : name }

    let set: @Sendable (inout Configuration, String) throws -> Void
    let get: @Sendable (Configuration) -> String

    init(
        _ section: String, _ name: String,
        _ set: @escaping @Sendable (inout Configuration, String) throws -> Void,
        get: @escaping @Sendable (Configuration) -> String
    ) {
        self.section = section
        self.name = name
        self.set = set
        self.get = get
    }

    /// The value in a configuration, formatted as in a file.
    public func value(in configuration: Configuration) -> String { get(configuration) }

    /// Where the value in a configuration comes from: `FILE:LINE`, a flag or a variable; nil for a default.
    public func place(in configuration: Configuration) -> String? { configuration.places[id] }

    /// All keys, in the order of the documentation.
    public static let all = jobs + web + slurm

    private static let jobs: [ConfigurationKey] = [
        .text("scrapy-do", "project-store", \.projectStore, Value.path),
        .number("scrapy-do", "job-slots", \.jobSlots, in: 0...10_000),
        ConfigurationKey(
            "scrapy-do", "completed-cap",
            { $0.completedCap = try Value.unlessOff($1) { try Value.number($0, in: 0...100_000_000) } },
            get: { $0.completedCap.map { "\($0)" } ?? Value.off }),
        ConfigurationKey(
            "scrapy-do", "keep", { $0.keep = try Value.unlessOff($1, Value.age) },
            get: { Value.text(ofAge: $0.kept.keep) }),
        ConfigurationKey(
            "scrapy-do", "keep-failed", { $0.keepFailed = try Value.unlessOff($1, Value.age) },
            get: { Value.text(ofAge: $0.kept.keepFailed) }),
        ConfigurationKey(
            "scrapy-do", "keep-size",
            { $0.keepSize = try Value.unlessOff($1, Value.room) },
            get: { $0.kept.keepSize.map { Value.text(ofBytes: $0) } ?? Value.off }),
        .number("scrapy-do", "keep-versions", \.keepVersions, in: 0...1000),
        .truth("scrapy-do", "require-spool", \.requiresSpool),
        ConfigurationKey(
            "scrapy-do", "hold-copies", { $0.holdCopies = try Value.holdCopies($1) }, get: { $0.holdCopies.rawValue }),
        .text("scrapy-do", "scrapy", \.scrapy, Value.path),
        .text("scrapy-do", "run-as", \.runAs) { text throws(ValueError) in text },
        .seconds("scrapy-do", "stop-grace", \.stopGrace, in: 0...86_400),
        ConfigurationKey(
            "scrapy-do", "executor", { $0.executor = try Value.executor($1) }, get: { $0.executor.rawValue }),
        ConfigurationKey(
            "scrapy-do", "executors", { $0.executors = try Value.executors($1) },
            get: { $0.executors.map { "\($0.key):\($0.value.rawValue)" }.sorted().joined(separator: " ") }),
        .truth("scrapy-do", "shared-spool", \.isShared),
        ConfigurationKey(
            "scrapy-do", "overlap", { $0.overlap = try Value.overlap($1) }, get: { $0.overlap.rawValue }),
        ConfigurationKey(
            "scrapy-do", "catch-up", { $0.catchUp = try Value.catchUp($1) }, get: { $0.catchUp.description }),
        .truth("scrapy-do", "crawl-reports", \.hasReports),
        .truth("scrapy-do", "warm", \.isWarm),
        ConfigurationKey(
            "scrapy-do", "warm-libraries", { $0.warmLibraries = try Value.modules($1) },
            get: { $0.warmLibraries.map(\.description).joined(separator: " ") }),
        ConfigurationKey(
            "scrapy-do", "warm-exit", { $0.exitsFast = try Value.word($1, of: ["full", "fast"]) == "fast" },
            get: { $0.exitsFast ? "fast" : "full" }),
        .seconds("scrapy-do", "list-timeout", \.listTimeout, in: 1...86_400),
        .text("scrapy-do", "uv", \.uv) { text throws(ValueError) in text },
        .seconds("scrapy-do", "build-timeout", \.buildTimeout, in: 1...86_400),
        ConfigurationKey(
            "scrapy-do", "build-size", { $0.buildSize = try Value.bytes($1, in: 1 << 20...1 << 50) },
            get: { Value.text(ofBytes: $0.buildSize) }),
        ConfigurationKey(
            "scrapy-do", "pythons", { $0.pythons = Value.list($1) }, get: { $0.pythons.joined(separator: " ") }),
        .text("scrapy-do", "package-index", \.packageIndex, Value.word),
        ConfigurationKey(
            "scrapy-do", "find-links", { $0.findLinks = Value.list($1) }, get: { $0.findLinks.joined(separator: " ") }),
        ConfigurationKey(
            "scrapy-do", "keep-environments", { $0.keepEnvironments = try Value.age($1) },
            get: { Value.text(ofAge: $0.keepEnvironments) }),
        .command("scrapy-do", "on-end", \.onEnd),
        .command("scrapy-do", "on-failure", \.onFailure),
        .seconds("scrapy-do", "hook-timeout", \.hookTimeout, in: 1...86_400),
        .text("scrapy-do", "log-level", \.logLevel) { text throws(ValueError) in
            try Value.word(text, of: Configuration.logLevels)
        },
        .text("scrapy-do", "log-format", \.logFormat) { text throws(ValueError) in
            try Value.word(text, of: ["text", "json"])
        },
    ]

    private static let web: [ConfigurationKey] = [
        ConfigurationKey(
            "web", "interfaces", { $0.interfaces = try Value.interfaces($1) },
            get: { $0.interfaces.map(\.description).joined(separator: " ") }),
        ConfigurationKey(
            "web", "server-names", { $0.serverNames = Value.list($1) },
            get: { $0.serverNames.joined(separator: " ") }),
        ConfigurationKey(
            "web", "allowed-origins", { $0.allowedOrigins = try Value.origins($1) },
            get: { $0.allowedOrigins.joined(separator: " ") }),
        ConfigurationKey(
            "web", "trusted-proxies", { $0.trustedProxies = Value.list($1) },
            get: { $0.trustedProxies.joined(separator: " ") }),
        .number("web", "connection-limit", \.connectionLimit, in: 1...1_000_000),
        .seconds("web", "client-timeout", \.clientTimeout, in: 1...86_400),
        ConfigurationKey(
            "web", "upload-limit", { $0.uploadLimit = try Value.bytes($1, in: 1...(1 << 50)) },
            get: { Value.text(ofBytes: $0.uploadLimit) }),
        .truth("web", "https", \.https),
        .text("web", "key", \.key, Value.path),
        .text("web", "cert", \.cert, Value.path),
        .text("web", "chain", \.chain) { text throws(ValueError) in text },
        .truth("web", "auth", \.auth),
        .text("web", "auth-db", \.authDatabase, Value.path),
        .truth("web", "insecure-no-auth", \.isInsecure),
        ConfigurationKey(
            "web", "scrapyd-interfaces", { $0.scrapydInterfaces = try Value.interfacesIfAny($1) },
            get: { $0.scrapydInterfaces.map(\.description).joined(separator: " ") }),
        .text("web", "scrapyd-username", \.scrapydUser, Value.user),
        // Reports show whether there is one.
        ConfigurationKey(
            "web", "scrapyd-password", { $0.scrapydPassword = $1 }, get: { $0.scrapydPassword.isEmpty ? "" : "(set)" }),
        .text("web", "scrapyd-node-name", \.scrapydNode) { text throws(ValueError) in text },
        .truth("web", "scrapyd-items", \.scrapydItems),
    ]

    private static let slurm: [ConfigurationKey] = [
        .text("slurm", "partition", \.slurmPartition, Value.word),
        .text("slurm", "account", \.slurmAccount, Value.word),
        .number("slurm", "nice", \.slurmNice, in: -2_147_483_645...2_147_483_645),
        ConfigurationKey(
            "slurm", "memory", { $0.slurmMemory = try Value.bytes($1, in: 1 << 20...1 << 50) },
            get: { Value.text(ofBytes: $0.slurmMemory) }),
        .seconds("slurm", "time", \.slurmTime, in: 0...31_536_000),
        ConfigurationKey(
            "slurm", "options", { $0.slurmOptions = $1.split(whereSeparator: \.isWhitespace).map(String.init) },
            get: { $0.slurmOptions.joined(separator: " ") }),
        .number("slurm", "slots", \.slurmSlots, in: 0...1_000_000),
        .seconds("slurm", "lost-after", \.slurmLostAfter, in: 10...86_400),
        .seconds("slurm", "kill-wait", \.slurmKillWait, in: 5...86_400),
    ]

    /// Sections of scrapy-do that compose its own modules; they are ignored here.
    static let foreignSections: Set<String> = ["web-modules"]
}

extension Configuration {
    static let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
}

/// The kinds of values.
extension ConfigurationKey {
    private typealias Field<Value> = any WritableKeyPath<Configuration, Value> & Sendable

    private static func text(
        _ section: String, _ name: String, _ field: Field<String>,
        _ check: @escaping @Sendable (String) throws(ValueError) -> String
    ) -> ConfigurationKey {
        ConfigurationKey(section, name, { $0[keyPath: field] = try check($1) }, get: { $0[keyPath: field] })
    }

    private static func command(_ section: String, _ name: String, _ field: Field<[String]>) -> ConfigurationKey {
        ConfigurationKey(
            section, name, { $0[keyPath: field] = try Value.command($1) },
            get: { CommandWords.text(of: $0[keyPath: field]) })
    }

    private static func number(
        _ section: String, _ name: String, _ field: Field<Int>, in range: ClosedRange<Int>
    ) -> ConfigurationKey {
        ConfigurationKey(
            section, name, { $0[keyPath: field] = try Value.number($1, in: range) }, get: { "\($0[keyPath: field])" })
    }

    private static func seconds(
        _ section: String, _ name: String, _ field: Field<Int>, in range: ClosedRange<Int>
    ) -> ConfigurationKey {
        ConfigurationKey(
            section, name, { $0[keyPath: field] = try Value.seconds($1, in: range) },
            get: { "\($0[keyPath: field])s" })
    }

    private static func truth(_ section: String, _ name: String, _ field: Field<Bool>) -> ConfigurationKey {
        ConfigurationKey(
            section, name, { $0[keyPath: field] = try Value.truth($1) }, get: { $0[keyPath: field] ? "on" : "off" })
    }
}
