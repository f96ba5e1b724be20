public import LinuxSystem
public import Logging
public import ProjectPython
public import ServiceLifecycle
public import SpoolModel
public import SpoolStore

/// The engine as a service: works on a thread of its own until the service group shuts down. Running jobs continue.
public final class EngineService: Service {
    private let spool: Spool
    private let settings: Locked<EngineSettings>
    private let logger: Logger
    private let counters: JobCounters
    private let bell: EngineControl
    private let environments: EnvironmentBuilder?
    private let onOpen: @Sendable () -> Void
    private let onDelivery: @Sendable () -> Void
    /// Before jobs can be asked for here.
    private let begun = SystemClock.wall()
    /// The engine's lock of the spool, which keeps other engines out while it is open.
    private let lock: Descriptor

    /// An engine for a spool.
    ///
    /// - Parameters:
    ///   - lock: the engine's lock of the spool, which the caller has taken (``Spool/takeEngineLock(patience:)``).
    ///   - environments: builds Python environments that are missing; nil where none can be built.
    ///   - onDelivery: called when deliveries to hooks may wait in their outboxes.
    ///   - onOpen: called once, when the engine has read the whole tree.
    public init(
        spool: Spool, lock: consuming Descriptor, settings: EngineSettings, logger: Logger, counters: JobCounters,
        environments: EnvironmentBuilder? = nil, onDelivery: @escaping @Sendable () -> Void = {},
        onOpen: @escaping @Sendable () -> Void = {}
    ) throws {
        self.spool = spool
        self.lock = lock
        self.settings = Locked(settings)
        self.logger = logger
        self.counters = counters
        self.environments = environments
        self.onDelivery = onDelivery
        self.onOpen = onOpen
        bell = try EngineControl()
    }

    /// Replaces the settings.
    public func reload(_ settings: EngineSettings) {
        self.settings.value = settings
        bell.announceSettings()
    }

    /// Asks the engine's thread for a sign of life. The answer shows in ``answerCount``.
    public func ask() {
        bell.ring()
    }

    /// How often the engine's thread has answered; 0 until it has opened the spool.
    public var answerCount: Int { bell.answerCount }

    /// Whether the engine's thread answers in time.
    public func answers(within patience: Duration) async -> Bool {
        let answer = bell.ask()
        return await withTaskGroup { group in
            group.addTask {
                for await _ in answer { return true }
                return false
            }
            group.addTask {
                // Canceled by the answer.
                try? await Task.sleep(for: patience)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    /// Works until shutdown or cancellation.
    public func run() async throws {
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                do throws(SystemError) {
                    try startThread(named: "engine") {
                        [spool, settings, logger, counters, bell, environments, onDelivery, onOpen, begun] in
                        do throws(SpoolError) {
                            try Engine(
                                spool: spool, settings: settings, logger: logger, counters: counters, bell: bell,
                                environments: environments, onDelivery: onDelivery, begun: begun
                            )
                            .run(onOpen: onOpen)
                            continuation.resume()
                        } catch {
                            continuation.resume(throwing: error)
                        }
                    }
                } catch {
                    continuation.resume(throwing: SpoolError(error, while: "start the engine"))
                }
            }
        } onCancelOrGracefulShutdown: {
            self.bell.stop()
        }
    }
}
