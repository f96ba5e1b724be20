internal import ArgumentParser
internal import LinuxSystem
internal import Logging
internal import ServiceLifecycle
internal import SpoolConfiguration
internal import SpoolEngine
internal import SpoolHTTP
internal import SpoolModel
internal import SpoolStore
internal import TimeZones
internal import UnixSignals

/// Puts the two sides together on one spool, and runs them until a signal.
struct Server {
    let configuration: Configuration
    private let logger: Logger

    init(configuration: Configuration) {
        self.configuration = configuration
        var logger = Logger(label: "scrapy-spool") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = Logger.Level(rawValue: configuration.logLevel) ?? .notice
        self.logger = logger
    }

    func run() async throws {
        let programs = try findPrograms()
        let environment = JobEnvironment.variables(from: Machine.environment())
        let counters = JobCounters()
        do {
            let timeZones = try TimeZones.ofMachine()
            let spool = try openSpool()
            let engine = try EngineService(
                spool: spool, settings: engineSettings(programs, environment, timeZones), logger: logger,
                counters: counters)
            let server = try APIServer(
                spool: spool, settings: apiSettings(programs, environment, timeZones), counters: counters,
                logger: logger)
            var group = ServiceGroupConfiguration(
                services: [.init(service: engine), .init(service: server)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
            group.maximumGracefulShutdownDuration = .seconds(5)
            group.maximumCancellationDuration = .seconds(5)
            try await ServiceGroup(configuration: group).run()
            logger.notice("Stopped; running jobs go on")
        } catch let error as SpoolError {
            throw refusal("\(error)", error.code == .busy ? ExitStatus.unavailable : ExitStatus.configuration)
        } catch let error as UnknownTimeZone {
            throw refusal("\(error)", ExitStatus.configuration)
        } catch let error as ListeningError {
            throw refusal("\(error)", ExitStatus.unavailable)
        }
    }

    private func openSpool() throws(SpoolError) -> Spool {
        let (spool, finding) = try Spool.open(
            configuration.projectStore, requiringSpool: configuration.requiresSpool)
        switch finding {
        case .made: logger.notice("Made a new spool at \(spool.path)")
        case .present: logger.notice("The spool is \(spool.path)")
        }
        return spool
    }

    private func findPrograms() throws -> Programs {
        guard let scrapy = Programs.file(of: configuration.scrapy) else {
            let name = configuration.scrapy
            let what = name.contains("/") ? "there is no program \(name)" : "there is no `\(name)` on PATH"
            throw refusal("\(what): install Scrapy, or name it with --scrapy", ExitStatus.configuration)
        }
        guard let shim = Programs.shim() else {
            throw refusal(
                "there is no scrapy-spool-shim beside this program: install both in one directory",
                ExitStatus.configuration)
        }
        return Programs(scrapy: scrapy, shim: shim)
    }

    private func engineSettings(
        _ programs: Programs, _ environment: [String], _ timeZones: TimeZones
    ) -> EngineSettings {
        EngineSettings(
            slots: configuration.jobSlots, completedCap: configuration.completedCap, grace: configuration.stopGrace,
            lookInterval: 30, overlap: configuration.overlap, catchUp: configuration.catchUp,
            scrapy: programs.scrapy, shim: programs.shim, timeZones: timeZones, environment: environment)
    }

    private func apiSettings(_ programs: Programs, _ environment: [String], _ timeZones: TimeZones) -> APISettings {
        APISettings(
            interfaces: configuration.interfaces, uploadLimit: configuration.uploadLimit,
            scrapy: programs.scrapy, shim: programs.shim, listTimeout: configuration.listTimeout,
            environment: environment, timeZones: timeZones,
            hostname: Machine.hostname(), version: ScrapySpool.version)
    }

    /// The lifecycle library's own remarks matter only when something is wrong.
    private var quiet: Logger {
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        return quiet
    }
}
