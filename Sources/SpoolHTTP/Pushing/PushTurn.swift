internal import Glibc
internal import HTTPTypes
internal import LinuxSystem
internal import Synchronization

/// A push's turn at being unpacked and asked for its spiders. Its client may leave meanwhile, which ends what it runs.
final class PushTurn: Sendable {
    private struct State {
        /// The command that runs now.
        var pid: Int32?
        var isStopped = false
    }

    private let state = Mutex(State())

    /// The client has left.
    static let gone = APIError(.serviceUnavailable, "You have closed the connection; nothing was pushed")

    /// Runs a command under the guard of the shim in a directory, and waits for its end.
    ///
    /// Throws ``gone`` when the client has left.
    ///
    /// - Returns: the exit status, or 128 and the signal that ended it.
    func run(_ command: Command, in directory: borrowing Directory) throws -> Int32 {
        let child = try state.withLock { state in
            guard !state.isStopped else { throw PushTurn.gone }
            let pid = try command.spawn(in: directory)
            state.pid = pid
            return pid
        }
        // The number is the child's until it is reaped, so no other process can get the signal.
        try Command.awaitDeath(of: child)
        state.withLock { $0.pid = nil }
        let status = try Command.awaitEnd(of: child)
        try check()
        return status
    }

    /// Throws ``gone`` when the client has left.
    func check() throws(APIError) {
        if state.withLock({ $0.isStopped }) { throw PushTurn.gone }
    }

    /// Ends what runs, and what would be run next.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            // The guard ends all that the command has started.
            if let pid = state.pid { kill(pid, SIGTERM) }
        }
    }
}
