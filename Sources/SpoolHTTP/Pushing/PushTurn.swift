internal import Glibc
internal import HTTPTypes
internal import LinuxSystem
internal import Synchronization

/// A push's turn to be unpacked and listed. If its client disconnects meanwhile, its command is ended.
final class PushTurn: Sendable {
    private struct State {
        /// The current commands.
        var pids: Set<Int32> = []
        var isStopped = false
    }

    private let state = Mutex(State())

    /// The error if the client has disconnected.
    static let gone = APIError(.serviceUnavailable, "You have closed the connection; nothing was pushed")

    /// Runs a command under the guard of the shim in a directory, and waits for its end.
    ///
    /// Throws ``gone`` if the client has disconnected.
    ///
    /// - Returns: the exit status, or 128 and the signal that ended it.
    func run(_ command: Command, in directory: borrowing Directory) throws -> Int32 {
        let child = try state.withLock { state in
            guard !state.isStopped else { throw PushTurn.gone }
            let pid = try command.spawn(in: directory)
            state.pids.insert(pid)
            return pid
        }
        // The pid is the child's until it is reaped, so no other process can get the signal.
        try Command.awaitDeath(of: child)
        state.withLock { _ = $0.pids.remove(child) }
        let status = try Command.awaitEnd(of: child)
        try check()
        return status
    }

    /// Throws ``gone`` if the client has disconnected.
    func check() throws(APIError) {
        if state.withLock({ $0.isStopped }) { throw PushTurn.gone }
    }

    /// Ends the current command, and prevents further ones.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            // The guard ends all processes of its command.
            for pid in state.pids { kill(pid, SIGTERM) }
        }
    }
}
