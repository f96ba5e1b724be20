internal import Synchronization

/// Tells answers that wait for something that their client has closed its side of the connection.
///
/// What waits registers what ends it. There is one of these for each connection; what was registered for an answer that has
/// ended is dropped with the next request.
final class Departure: Sendable {
    private struct State {
        var hasLeft = false
        var endings: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    /// Whether the client has left.
    var hasLeft: Bool { state.withLock { $0.hasLeft } }

    /// Calls when the client leaves, or at once if it has.
    func onLeave(_ end: @escaping @Sendable () -> Void) {
        let hasLeft = state.withLock { state in
            if !state.hasLeft { state.endings.append(end) }
            return state.hasLeft
        }
        if hasLeft { end() }
    }

    /// Forgets what was registered: another request begins.
    func begin() {
        state.withLock { $0.endings = [] }
    }

    /// The client has left.
    func leave() {
        let endings = state.withLock { state in
            state.hasLeft = true
            defer { state.endings = [] }
            return state.endings
        }
        for end in endings { end() }
    }
}
