internal import LinuxSystem
internal import Logging
internal import ProjectPython
internal import SpoolModel
internal import Synchronization

/// Builds the Python environments again that jobs wait for, on a thread of its own: one was deleted, or the spool is
/// a copy without them.
final class EnvironmentRestorer: Sendable {
    /// Whether jobs wait for an environment.
    enum Verdict: Equatable {
        /// They do; the reason, a sentence without its full stop.
        case waits(String)
        /// It cannot be built, for that reason.
        case givenUp(String)
    }

    /// What is known of an environment that is missing.
    private struct Attempts {
        var isUnderWay = false
        /// When builds failed for a reason that does not pass by itself, by the steady clock.
        var failures: [Int64] = []
        /// When the next build begins at the earliest, by the steady clock.
        var next: Int64 = 0
        var message = ""
    }

    private struct State {
        var attempts: [EnvironmentKey: Attempts] = [:]
        var hasNews = false
    }

    /// The failures after which jobs do not wait any more, the microseconds in which they are counted, and those
    /// between two attempts.
    private static let most = 3, window: Int64 = 1_800_000_000, pause: Int64 = 20_000_000

    private let builder: EnvironmentBuilder?
    private let thread: SerialThread
    private let control: EngineControl
    private let logger: Logger
    private let state = Mutex(State())

    init(_ builder: EnvironmentBuilder?, control: EngineControl, logger: Logger) throws(SystemError) {
        self.builder = builder
        self.control = control
        self.logger = logger
        thread = try SerialThread(named: "environments")
    }

    /// Has an environment built that is missing, unless that has failed too often.
    func restore(_ key: EnvironmentKey, of project: ProjectName, version: Int) -> Verdict {
        guard let builder, builder.settings.uv != nil else {
            return .waits(
                "its Python environment is missing, and there is no uv to build it: install uv, or name it with `uv`")
        }
        let now = SystemClock.monotonic()
        let (verdict, begins) = state.withLock { state -> (Verdict, Bool) in
            var attempts = state.attempts[key] ?? Attempts()
            defer { state.attempts[key] = attempts }
            attempts.failures.removeAll { now - $0 > EnvironmentRestorer.window }
            if attempts.failures.count >= EnvironmentRestorer.most { return (.givenUp(attempts.message), false) }
            let begins = !attempts.isUnderWay && now >= attempts.next
            if begins { attempts.isUnderWay = true }
            let reason = attempts.message.isEmpty ? "" : "; the last build failed: \(attempts.message)"
            return (.waits("its Python environment is missing, and is built again\(reason)"), begins)
        }
        if begins { begin(key, project, version, builder) }
        return verdict
    }

    private func begin(_ key: EnvironmentKey, _ project: ProjectName, _ version: Int, _ builder: EnvironmentBuilder) {
        do throws(SystemError) {
            try thread.run { [self] in
                var failure: EnvironmentFailure?
                do throws(EnvironmentFailure) {
                    try builder.rebuild(key, of: project, version: version)
                } catch {
                    failure = error
                }
                if let failure {
                    logger.error(
                        "The Python environment of version \(version) cannot be built again: \(failure)",
                        metadata: ["project": "\(project)"])
                }
                finish(key, failure)
            }
        } catch {
            finish(key, EnvironmentFailure(.install, .passing, "there is no thread for it: \(error)"))
        }
    }

    private func finish(_ key: EnvironmentKey, _ failure: EnvironmentFailure?) {
        let now = SystemClock.monotonic()
        state.withLock { state in
            state.hasNews = true
            guard let failure else { return state.attempts[key] = nil }
            var attempts = state.attempts[key] ?? Attempts()
            attempts.isUnderWay = false
            attempts.message = failure.description
            attempts.next = now + EnvironmentRestorer.pause
            if failure.kind == .refused { attempts.failures.append(now) }
            state.attempts[key] = attempts
        }
        control.ring()
    }

    /// Whether a build has ended since the last call.
    func takeNews() -> Bool {
        state.withLock { state in
            defer { state.hasNews = false }
            return state.hasNews
        }
    }

    /// Ends a build that is under way.
    func stop() { builder?.stop() }
}
