internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Calls a closure at each SIGHUP.
struct Reloader: Service {
    let body: @Sendable () -> Void

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() { body() }
    }
}
