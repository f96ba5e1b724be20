internal import Synchronization

/// Notifies pending answers that their client has left: the connection is closed or reset.
///
/// The end of the client's input is no departure: the client may wait for its answers (RFC 9112 §9.6). TCP
/// distinguishes it from a closed connection only after something is sent, see ``MessageRules``. An answer that sends
/// nothing before its end continues in both cases.
///
/// An answer registers a closure that ends it. There is one instance for each connection; the closures of an answer
/// that has ended are dropped with the next request.
final class Departure: Sendable {
    private struct State {
        var hasLeft = false
        var endings: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    /// Whether the client has closed its side of the connection.
    var hasLeft: Bool { state.withLock { $0.hasLeft } }

    /// Registers a closure for the client's disconnection, or calls it at once if that has happened.
    func onLeave(_ end: @escaping @Sendable () -> Void) {
        let hasLeft = state.withLock { state in
            if !state.hasLeft { state.endings.append(end) }
            return state.hasLeft
        }
        if hasLeft { end() }
    }

    /// Drops the registered closures, because another request begins.
    func begin() {
        state.withLock { $0.endings = [] }
    }

    /// Records that the client has disconnected, and calls the closures.
    func leave() {
        let endings = state.withLock { state in
            state.hasLeft = true
            defer { state.endings = [] }
            return state.endings
        }
        for end in endings { end() }
    }
}
