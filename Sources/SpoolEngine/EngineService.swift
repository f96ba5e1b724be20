internal import LinuxSystem
public import Logging
public import ServiceLifecycle
public import SpoolModel
public import SpoolStore

/// The engine as a service: works on a thread of its own until the group shuts down. Running jobs go on.
public final class EngineService: Service {
    private let spool: Spool
    private let settings: EngineSettings
    private let logger: Logger
    private let counters: JobCounters
    private let bell: EngineBell

    /// An engine for a spool, which it takes when it runs.
    public init(spool: Spool, settings: EngineSettings, logger: Logger, counters: JobCounters) throws {
        self.spool = spool
        self.settings = settings
        self.logger = logger
        self.counters = counters
        bell = try EngineBell()
    }

    /// Works until shutdown or cancellation. Throws `.busy` when another engine has the spool.
    public func run() async throws {
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                startThread(named: "engine") { [spool, settings, logger, counters, bell] in
                    do throws(SpoolError) {
                        try Engine(spool: spool, settings: settings, logger: logger, counters: counters, bell: bell)
                            .run()
                        continuation.resume()
                    } catch {
                        continuation.resume(throwing: error)
                    }
                }
            }
        } onCancelOrGracefulShutdown: {
            self.bell.stop()
        }
    }
}
