internal import HTTPTypes
internal import NIOPosix
internal import Synchronization

/// Limits how many pushes are unpacked and listed at a time, on threads of their own: slow ones delay other pushes and
/// nothing else. Some more wait in order of arrival; all others are refused.
final class PushQueue: Sendable {
    /// The number of pushes in progress at a time.
    static let width = 4
    /// The most pushes that wait.
    static let length = 32
    /// Seconds after which a refused push may be repeated.
    private static let delay = 10

    private struct Waiter {
        let turn: PushTurn
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var working = 0
        var waiting: [Waiter] = []
        var isStopped = false
    }

    private let state = Mutex(State())
    private let threads = NIOThreadPool(numberOfThreads: width)

    /// Starts the threads.
    func start() { threads.start() }

    /// Refuses waiting and new pushes.
    func refuse() {
        let waiting = state.withLock { state in
            state.isStopped = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.continuation.resume(throwing: PushQueue.stopped) }
    }

    /// Refuses new pushes and waits for those in progress.
    func stop() async throws {
        refuse()
        try await threads.shutdownGracefully()
    }

    /// Throws if the queue is full or the server stops, before an archive is uploaded in vain.
    func checkRoom() throws(APIError) {
        let (isStopped, hasRoom) = state.withLock { ($0.isStopped, $0.waiting.count < PushQueue.length) }
        if isStopped { throw PushQueue.stopped }
        guard hasRoom else { throw PushQueue.full }
    }

    /// Runs a closure when it is this push's turn.
    ///
    /// Throws 503 if too many wait, if the server stops, or if the client disconnects while it waits.
    func run<Result: Sendable>(
        until departure: Departure, _ body: @escaping @Sendable (PushTurn) throws -> Result
    ) async throws -> Result {
        let turn = PushTurn()
        try await awaitTurn(turn, until: departure)
        defer { passOn() }
        return try await threads.runIfActive { try body(turn) }
    }

    private func awaitTurn(_ turn: PushTurn, until departure: Departure) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let answer: Result<Void, APIError>? = state.withLock { state in
                guard !state.isStopped else { return .failure(PushQueue.stopped) }
                guard state.working >= PushQueue.width else {
                    state.working += 1
                    return .success(())
                }
                guard state.waiting.count < PushQueue.length else { return .failure(PushQueue.full) }
                state.waiting.append(Waiter(turn: turn, continuation: continuation))
                return nil
            }
            departure.onLeave { [weak self] in self?.abandon(turn) }
            switch answer {
            case .success: continuation.resume()
            case .failure(let error): continuation.resume(throwing: error)
            case nil: break
            }
        }
    }

    /// Starts the next push, since one has ended.
    private func passOn() {
        let next = state.withLock { state in
            if state.waiting.isEmpty {
                state.working -= 1
                return nil as Waiter?
            }
            return state.waiting.removeFirst()
        }
        next?.continuation.resume()
    }

    /// The client has disconnected: the push leaves the queue, or ends soon.
    private func abandon(_ turn: PushTurn) {
        turn.stop()
        let waiter = state.withLock { state in
            state.waiting.firstIndex { $0.turn === turn }.map { state.waiting.remove(at: $0) }
        }
        waiter?.continuation.resume(throwing: PushTurn.gone)
    }

    private static var full: APIError {
        var error = APIError(
            .serviceUnavailable,
            "\(length) pushes wait for their turn already: push again in a while. Nothing was pushed")
        error.retryAfter = delay
        return error
    }

    private static var stopped: APIError {
        var error = APIError(.serviceUnavailable, "The server stops; nothing was pushed: push again when it is back")
        error.retryAfter = delay
        return error
    }
}
