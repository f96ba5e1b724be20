internal import Glibc
internal import LinuxSystem
internal import ServiceLifecycle
internal import SpoolEngine

/// Sends the service manager its heartbeats (sd_watchdog_enabled(3)) while the engine's thread responds, if there is an
/// engine.
struct Watchdog: Service {
    let engine: EngineService?
    let manager: ServiceManager

    func run() async throws {
        guard let patience = Watchdog.patience else { return try await gracefulShutdown() }
        await cancelWhenGracefulShutdown {
            var seen = 0
            repeat {
                let count = engine?.answerCount ?? seen + 1
                if count > seen { manager.sayAlive() }
                seen = count
                engine?.ask()
                // Canceled when the server stops.
            } while await (try? Task.sleep(for: patience / 3)) != nil
        }
    }

    /// How long the manager waits for a heartbeat; nil if it does not.
    private static var patience: Duration? {
        guard Host.environment("WATCHDOG_PID").map({ $0 == String(getpid()) }) ?? true else { return nil }
        return Host.environment("WATCHDOG_USEC").flatMap { Int64($0) }.map { .microseconds($0) }
    }
}
