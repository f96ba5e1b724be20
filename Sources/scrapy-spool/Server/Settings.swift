internal import Authentication
internal import LinuxSystem
internal import Logging
internal import ProjectPython
internal import Slurm
internal import SpoolConfiguration
internal import SpoolEngine
internal import SpoolHTTP
internal import SpoolHooks
internal import SpoolModel
internal import TimeZones

/// A configuration resolved on this machine: with the programs, the certificate and the users that it names.
struct Settings: Sendable {
    let engine: EngineSettings
    let api: APISettings
    let python: PythonSettings
    let hooks: HookSettings
    private let users: String?
    /// The certificate of this configuration; nil without https.
    private let certificate: Certificate?

    /// Resolves a configuration. It keeps the authenticator of `present`, and so the nonces of its clients, if the path
    /// of the user database is the same, and its certificate, whose files ``takeCertificate()`` replaces.
    ///
    /// - Parameter hasEngine: whether this server runs the jobs; without an engine it expects other machines to write
    ///   into the spool.
    init(
        _ configuration: Configuration, replacing present: Settings? = nil, fileLimit: Int = Host.fileLimit,
        hasEngine: Bool = true, logger: Logger
    ) throws(ConfigurationError) {
        try configuration.check()
        let programs = try Programs(configuration)
        let user = try Settings.user(configuration, programs)
        let environment = JobEnvironment.variables(from: Host.environment(), for: user)
        let timeZones = try Settings.timeZones()
        let slurm = try Settings.slurm(configuration)
        let isShared = configuration.isShared || slurm != nil || !hasEngine
        users = configuration.auth ? configuration.authDatabase : nil
        certificate = try Settings.certificate(configuration, logger)
        let rules = StartRules(
            limits: configuration.limits, overlap: configuration.overlap, executor: configuration.executor,
            executors: configuration.executors, defaults: configuration.jobs)
        var engine = EngineSettings(
            slots: configuration.jobSlots, retention: Settings.retention(configuration), grace: configuration.stopGrace,
            lookInterval: 30, catchUp: configuration.catchUp, scrapy: programs.scrapy, shim: programs.shim,
            fileLimit: fileLimit, timeZones: timeZones, environment: environment, account: user?.account, rules: rules,
            slurm: slurm, isShared: isShared, holdCopies: configuration.holdCopies,
            hasReports: configuration.hasReports)
        python = PythonSettings(
            uv: programs.uv, shim: programs.shim, buildTimeout: configuration.buildTimeout,
            buildSize: Int64(configuration.buildSize), pythons: configuration.pythons,
            index: configuration.packageIndex,
            links: configuration.findLinks,
            environment: JobEnvironment.variables(from: Host.environment())
                + Host.environment().filter { variable in PythonSettings.isForUV(variable.prefix { $0 != "=" }) },
            account: user?.account)
        engine.hasClients = !configuration.scrapydInterfaces.isEmpty
        engine.hasItems = configuration.scrapydItems
        engine.isWarm = configuration.isWarm
        engine.warmLibraries = configuration.warmLibraries.map(\.description)
        engine.exitsFast = configuration.exitsFast
        hooks = HookSettings(
            hooks: try Settings.hooks(configuration), secrets: try Settings.hookSecrets(configuration),
            shim: programs.shim, environment: environment, account: user?.account,
            holdCopies: configuration.holdCopies)
        engine.hooks = hooks.hooks
        self.engine = engine
        var api = APISettings(
            interfaces: configuration.interfaces,
            certificate: certificate.map { present?.api.certificate ?? $0 },
            authenticator: try Settings.authenticator(configuration, present),
            serverNames: configuration.serverNames, allowedOrigins: configuration.allowedOrigins,
            trustedProxies: try Settings.trustedProxies(configuration),
            connectionLimit: configuration.connectionLimit, clientTimeout: configuration.clientTimeout,
            uploadLimit: configuration.uploadLimit, scrapy: programs.scrapy, shim: programs.shim,
            listTimeout: configuration.listTimeout, environment: environment, account: user?.account,
            timeZones: timeZones,
            hostname: Host.hostname(), version: ScrapySpool.version,
            slots: configuration.jobSlots, hasSlurm: slurm != nil, isShared: isShared,
            holdCopies: configuration.holdCopies, rules: rules)
        api.clients = Settings.clients(configuration, present)
        self.api = api
    }

    /// The settings to try one hook. What only its command needs, such as scrapy and the user that jobs run as, is looked for
    /// if it has one.
    static func hooks(
        trying hook: Hook, _ configuration: Configuration
    ) throws(ConfigurationError) -> HookSettings {
        try configuration.check()
        var settings: HookSettings
        switch hook.action {
        case .post:
            settings = HookSettings(
                hooks: [hook], secrets: try hookSecrets(configuration), shim: "", environment: [], account: nil,
                holdCopies: configuration.holdCopies)
        case .run:
            settings = try Settings(configuration, logger: Logger(label: "scrapy-spool")).hooks
            settings.hooks.removeAll { $0.name != hook.name }
        }
        return settings
    }

    /// The hooks, with the paths of the programs of commands.
    private static func hooks(_ configuration: Configuration) throws(ConfigurationError) -> [Hook] {
        var hooks: [Hook] = []
        for hook in configuration.hooks {
            guard case .run(let words, let seconds) = hook.action else {
                hooks.append(hook)
                continue
            }
            guard let program = Programs.file(of: words[0]) else {
                throw configuration.error(
                    about: hook.name.description, "there is no program \(words[0]): install it, or write its path")
            }
            hooks.append(
                Hook(
                    hook.name, .run([program] + words.dropFirst(), seconds: seconds), events: hook.events,
                    projects: hook.projects, patience: hook.patience))
        }
        return hooks
    }

    private static func hookSecrets(
        _ configuration: Configuration
    ) throws(ConfigurationError) -> [HookName: [HookSecret]] {
        var secrets: [HookName: [HookSecret]] = [:]
        for section in configuration.hookSections where !section.secretFile.isEmpty {
            do throws(HookSecret.Problem) {
                secrets[section.name] = try HookSecret.read(section.secretFile)
            } catch {
                throw ConfigurationError(
                    at: section.places["secret-file"] ?? "secret-file", "secret-file: \(error)")
            }
        }
        return secrets
    }

    /// The settings for clients of scrapyd.
    private static func clients(_ configuration: Configuration, _ present: Settings?) -> ClientSettings {
        let known = present?.api.clients.login
        let login =
            configuration.scrapydUser.isEmpty
            ? nil : SharedLogin(user: configuration.scrapydUser, password: configuration.scrapydPassword)
        return ClientSettings(
            interfaces: configuration.scrapydInterfaces, login: known == login ? known : login,
            nodeName: configuration.scrapydNode.isEmpty ? Host.hostname() : configuration.scrapydNode,
            hasItems: configuration.scrapydItems)
    }

    private static func retention(_ configuration: Configuration) -> RetentionRules {
        let kept = configuration.kept
        var rules = RetentionRules(
            cap: kept.cap, keep: kept.keep, keepFailed: kept.keepFailed, keepSize: kept.keepSize, floor: kept.floor)
        rules.versions = configuration.keepVersions
        rules.environments = configuration.keepEnvironments
        return rules
    }

    /// The settings of Slurm; nil without it. Nil also if its programs are missing and no executor is configured to be
    /// slurm.
    private static func slurm(_ configuration: Configuration) throws(ConfigurationError) -> SlurmSettings? {
        guard configuration.usesSlurm else { return nil }
        var programs: [String] = []
        for name in ["sbatch", "squeue", "scancel"] {
            guard let program = Programs.file(of: name) else {
                guard configuration.executor == .slurm || configuration.executors.values.contains(.slurm) else {
                    return nil
                }
                throw configuration.error(
                    about: "executor", because: "executors",
                    "there is no `\(name)` on PATH: install Slurm's client (Debian: slurm-client)")
            }
            programs.append(program)
        }
        return SlurmSettings(
            sbatch: programs[0], squeue: programs[1], scancel: programs[2], partition: configuration.slurmPartition,
            account: configuration.slurmAccount, nice: configuration.slurmNice, memory: configuration.slurmMemory,
            time: configuration.slurmTime, options: configuration.slurmOptions, slots: configuration.slurmSlots,
            lostAfter: configuration.slurmLostAfter, killWait: configuration.slurmKillWait,
            environment: Host.environment().filter { $0.hasPrefix("PATH=") || $0.hasPrefix("SLURM_CONF=") })
    }

    /// The user that jobs run as; nil for this process's own.
    private static func user(
        _ configuration: Configuration, _ programs: Programs
    ) throws(ConfigurationError) -> AccountEntry? {
        let name = configuration.runAs
        guard !name.isEmpty else { return nil }
        guard let user = AccountEntry(named: name) else {
            throw configuration.error(about: "run-as", "there is no user \(name)")
        }
        guard Host.effectiveUser == 0 else {
            throw configuration.error(about: "run-as", "only root can run jobs as \(name): start the server as root")
        }
        guard user.account.user != 0 else {
            throw configuration.error(about: "run-as", "jobs should not run as root: name another user")
        }
        try user.account.checkWay(to: programs.scrapy, for: "scrapy", configuration)
        return user
    }

    /// Checks that the user that jobs run as can reach the spool.
    func checkWay(to spool: String, _ configuration: Configuration) throws(ConfigurationError) {
        try engine.account?.checkWay(to: spool, for: "project-store", configuration)
    }

    private static func timeZones() throws(ConfigurationError) -> TimeZones {
        do throws(UnknownTimeZone) {
            return try TimeZones.ofMachine()
        } catch {
            throw ConfigurationError(at: "TZ", "\(error)")
        }
    }

    private static func certificate(
        _ configuration: Configuration, _ logger: Logger
    ) throws(ConfigurationError) -> Certificate? {
        guard configuration.https else { return nil }
        let files = CertificateFiles(
            certificate: configuration.cert, key: configuration.key,
            chain: configuration.chain.isEmpty ? nil : configuration.chain)
        do throws(Certificate.Problem) {
            return try Certificate(files, logger: logger)
        } catch {
            let names = [files.certificate: "cert", files.key: "key", files.chain ?? "": "chain"]
            let hint = error.isMissing ? ": `cert` names the certificate, `key` its private key (PEM)" : ""
            throw configuration.error(
                about: names[error.path] ?? "https", because: "https", "\(error.path): \(error)\(hint)")
        }
    }

    /// Serves the certificate of this configuration from now on. Called when nothing else in it is wrong: a certificate
    /// that changed in a refused configuration is not to be served.
    func takeCertificate() {
        if let certificate, certificate !== api.certificate { api.certificate?.take(certificate) }
    }

    private static func trustedProxies(_ configuration: Configuration) throws(ConfigurationError) -> TrustedProxies {
        do throws(TrustedProxies.Flaw) {
            return try TrustedProxies(configuration.trustedProxies)
        } catch {
            throw configuration.error(about: "trusted-proxies", "\(error)")
        }
    }

    private static func authenticator(
        _ configuration: Configuration, _ present: Settings?
    ) throws(ConfigurationError) -> Authenticator? {
        guard configuration.auth else { return nil }
        let file = CredentialFile(path: configuration.authDatabase)
        do throws(CredentialFile.Problem) {
            try file.check()
        } catch {
            throw configuration.error(about: "auth-db", because: "auth", "\(error)")
        }
        if let present, present.users == configuration.authDatabase { return present.api.authenticator }
        return Authenticator(file)
    }
}

extension Account {
    fileprivate func checkWay(
        to path: String, for key: String, _ configuration: Configuration
    ) throws(ConfigurationError) {
        guard let obstacle = obstacle(to: path) else { return }
        throw configuration.error(
            about: "run-as", "the user \(configuration.runAs) cannot get to \(path) (\(key)): \(obstacle.reason)")
    }
}
