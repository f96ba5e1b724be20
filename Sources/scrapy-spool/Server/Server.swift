internal import ArgumentParser
internal import Authentication
internal import LinuxSystem
internal import Logging
internal import ProjectPython
internal import ServiceLifecycle
internal import SpoolConfiguration
internal import SpoolEngine
internal import SpoolHTTP
internal import SpoolHooks
internal import SpoolModel
internal import SpoolStore
internal import TimeZones
internal import UnixSignals

/// Connects the engine and HTTP on one spool, and runs them until a signal.
struct Server {
    /// The source of the configuration: read at the start, and again at SIGHUP.
    let source: @Sendable () throws(ConfigurationError) -> Configuration
    private let configuration: Configuration
    private let logger: Logger
    private let level: Locked<Logger.Level>
    private let log: LineWriter
    private let hasEngine: Bool

    /// - Parameter hasEngine: whether this server runs the jobs, or only serves a spool whose engine is elsewhere.
    init(
        hasEngine: Bool, _ source: @escaping @Sendable () throws(ConfigurationError) -> Configuration
    ) throws(ConfigurationError) {
        self.hasEngine = hasEngine
        self.source = source
        configuration = try source()
        let level = Locked(configuration.level)
        let format = ServerLog.Format(rawValue: configuration.logFormat) ?? .text
        let log = ServerLog.writer(format)
        logger = Logger(label: "scrapy-spool") { _ in ServerLog(format, threshold: level, writer: log) }
        self.log = log
        self.level = level
    }

    func run() async throws {
        // The rest of the log gets a second and no more: its reader may have stalled.
        defer { log.flush(within: 1000) }
        do {
            let settings = try Settings(configuration, hasEngine: hasEngine, logger: logger)
            // Each connection is an open file. Jobs get the original limit.
            Host.setFileLimit(.max)
            try Server.checkFileLimit()
            let spool = try openSpool()
            try inspectFilesystem(of: spool, settings)
            try settings.checkWay(to: spool.path, configuration)
            if configuration.jobSlots == 0, settings.engine.slurm == nil, hasEngine {
                logger.warning("\(Server.noSlots)")
            }
            let counters = JobCounters()
            let environments = EnvironmentBuilder(spool: spool, settings: settings.python)
            let manager = ServiceManager()
            let ready = CountdownLatch(hasEngine ? 2 : 1) {
                manager.sayReady()
                Host.unmapCode()
            }
            let hooks = HookDispatcher(spool: spool, counters: counters.hooks, logger: logger)
            let engine = try makeEngine(of: spool, settings, environments, counters, hooks) { ready.count() }
            // After the engine's lock was taken: no other process delivers from this spool.
            if hasEngine { hooks.reload(settings.hooks) }
            let server = try APIServer(
                spool: spool, settings: settings.api, environments: environments, counters: counters, logger: logger,
                engineAnswers: Server.answers(of: engine)
            ) { ready.count() }
            let current = Locked(settings)
            let reloader = Reloader {
                manager.sayReloading()
                manager.sayReady(despite: reload(current, engine, server, environments, spool, hooks))
            }
            let engines: [any Service] = engine.map { [$0] } ?? []
            try await serve([reloader, Watchdog(engine: engine, manager: manager)] + engines + [server])
            manager.sayStopping()
            logger.notice(hasEngine ? "Stopped; running jobs go on" : "Stopped")
        } catch {
            throw exit(for: error)
        }
    }

    /// Whether an engine answers in time; nil without an engine.
    private static func answers(of engine: EngineService?) -> (@Sendable () async -> Bool)? {
        guard let engine else { return nil }
        return { await engine.answers(within: .seconds(5)) }
    }

    /// The warning when no job can ever start.
    static let noSlots = "`job-slots` is 0: no job is started until it is more"

    /// Throws if so few files may be open that the server could not answer: each event loop, one for each processor,
    /// takes three, the rest some forty.
    private static func checkFileLimit() throws(ExitCode) {
        let (limit, need) = (Host.fileLimit, 56 + 3 * Host.processors)
        guard limit < need else { return }
        throw refusal(
            "at most \(limit) files may be open, and the server needs \(need): raise the limit (`ulimit -n`, LimitNOFILE= "
                + "of a unit)", ExitStatus.system)
    }

    private func serve(_ services: [any Service]) async throws {
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger.atLeast(.warning))
        // Twice the time for HTTP's clients (`APIServer`). After both times the group ends the process as a failure.
        group.maximumGracefulShutdownDuration = .seconds(10)
        group.maximumCancellationDuration = .seconds(5)
        try await ServiceGroup(configuration: group).run()
    }

    /// Maps a failure to a message and an exit status.
    private func exit(for error: any Error) -> any Error {
        switch error {
        case let error as SpoolError:
            refusal("\(error)", error.code == .busy ? ExitStatus.unavailable : ExitStatus.configuration)
        case let error as ListeningError: refusal("\(error)", ExitStatus.unavailable)
        case is UnknownTimeZone, is ConfigurationError: refusal("\(error)", ExitStatus.configuration)
        default: error
        }
    }

    private func openSpool() throws(SpoolError) -> Spool {
        guard hasEngine else {
            let spool = try Spool.openAsItIs(configuration.projectStore)
            logger.notice("The spool is \(spool.path), whose engine is elsewhere")
            return spool
        }
        let (spool, finding) = try Spool.open(
            configuration.projectStore, requiringSpool: configuration.requiresSpool)
        switch finding {
        case .made: logger.notice("Made a new spool at \(spool.path)")
        case .present: logger.notice("The spool is \(spool.path)")
        }
        return spool
    }

    /// The engine, if this server has one. It takes the spool's lock before the server listens, so that a second server
    /// never answers for a spool that is already served.
    private func makeEngine(
        of spool: Spool, _ settings: Settings, _ environments: EnvironmentBuilder, _ counters: JobCounters,
        _ hooks: HookDispatcher, onOpen: @escaping @Sendable () -> Void
    ) throws -> EngineService? {
        guard hasEngine else { return nil }
        let lock = try spool.takeEngineLock(patience: 1000)
        try spool.checkIsWhole()
        return try EngineService(
            spool: spool, lock: lock, settings: settings.engine, logger: logger, counters: counters,
            environments: environments, onDelivery: { hooks.ring() }, onOpen: onOpen)
    }

    /// Logs the limitations of the spool's filesystem.
    private func inspectFilesystem(of spool: Spool, _ settings: Settings) throws(SpoolError) {
        let filesystem = try spool.inspectFilesystem(lookInterval: settings.engine.isShared ? 2 : 30)
        for remark in filesystem.remarks {
            logger.log(level: remark.isWarning ? .warning : .notice, "\(remark.text)")
        }
    }

    // MARK: Reloading

    /// Reads the configuration again. Of an invalid one nothing is used.
    ///
    /// - Returns: why it is invalid; nil if it is used.
    private func reload(
        _ current: Locked<Settings>, _ engine: EngineService?, _ server: APIServer,
        _ environments: EnvironmentBuilder, _ spool: Spool, _ hooks: HookDispatcher
    ) -> ConfigurationError? {
        do throws(ConfigurationError) {
            let new = try source()
            let settings = try Settings(
                new, replacing: current.value, fileLimit: current.value.engine.fileLimit, hasEngine: hasEngine,
                logger: logger)
            try settings.checkWay(to: spool.path, new)
            settings.takeCertificate()
            let fixed = configuration.fixedKeys(changedIn: new)
            if !fixed.isEmpty {
                logger.warning("Restart the server to apply the changes of \(fixed.joined(separator: ", "))")
            }
            level.value = new.level
            // Before the engine, which wakes the hooks' dispatcher.
            if hasEngine { hooks.reload(settings.hooks) }
            engine?.reload(settings.engine)
            server.reload(settings.api)
            environments.settings = settings.python
            current.value = settings
            logger.notice("Took the configuration anew")
            return nil
        } catch {
            logger.error("The new configuration is not valid and was not applied: \(error)")
            return error
        }
    }
}

extension Configuration {
    /// The log level.
    fileprivate var level: Logger.Level { Logger.Level(rawValue: logLevel) ?? .notice }
}

extension Logger {
    /// The same logger with at least that level, for messages that matter only in case of errors.
    fileprivate func atLeast(_ level: Logger.Level) -> Logger {
        var quiet = self
        quiet.logLevel = max(level, logLevel)
        return quiet
    }
}
