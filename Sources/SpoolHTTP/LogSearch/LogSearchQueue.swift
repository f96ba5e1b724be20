internal import HTTPTypes
internal import NIOPosix
internal import Synchronization

/// Limits how many searches of logs are under way, on threads of their own: however long they take, they delay each other
/// and nothing else. All further ones are refused.
final class LogSearchQueue: Sendable {
    /// The number of searches that read at a time, and of those that are under way: they take turns.
    private static let width = 2, most = 8
    /// Seconds after which a refused search may be repeated.
    private static let delay = 5

    /// A search that is under way, as long as it is referenced.
    final class Turn: Sendable {
        private let queue: LogSearchQueue

        fileprivate init(_ queue: LogSearchQueue) { self.queue = queue }

        deinit { queue.state.withLock { $0.searches -= 1 } }

        /// Whether the server stops.
        var isStopped: Bool { queue.state.withLock { $0.isStopped } }

        /// Runs a part of the search on one of the threads.
        func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async throws -> Result {
            try await queue.threads.runIfActive(body)
        }
    }

    private let state = Mutex((searches: 0, isStopped: false))
    private let threads = NIOThreadPool(numberOfThreads: width)

    /// Starts the threads.
    func start() { threads.start() }

    /// Ends the searches soon, and refuses new ones.
    func refuse() { state.withLock { $0.isStopped = true } }

    /// Refuses new searches, and waits for the present part of each other one.
    func stop() async throws {
        refuse()
        try await threads.shutdownGracefully()
    }

    /// Begins a search. Throws 503 if too many are under way, or if the server stops.
    func turn() throws(APIError) -> Turn {
        let message: String? = state.withLock { state in
            if state.isStopped { return "The server stops: search again when it is back" }
            guard state.searches < LogSearchQueue.most else {
                return "\(LogSearchQueue.most) searches are under way already: search again in a while"
            }
            state.searches += 1
            return nil
        }
        guard let message else { return Turn(self) }
        var error = APIError(.serviceUnavailable, message)
        error.retryAfter = LogSearchQueue.delay
        throw error
    }
}
