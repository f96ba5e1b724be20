internal import HTTPTypes
internal import NIOPosix
internal import Synchronization

/// Makes long answers of one kind on threads of their own, a piece at a time: however long they take, and however slowly
/// clients read, they delay each other and nothing else. All beyond a number of them are refused.
final class AnswerPool: Sendable {
    /// The number of pieces that are made at a time, and of answers that are under way: they take turns.
    private static let width = 2, most = 8

    /// An answer that is under way, as long as this is referenced.
    final class Place: Sendable {
        private let pool: AnswerPool

        fileprivate init(in pool: AnswerPool) { self.pool = pool }

        deinit { pool.state.withLock { $0.taken -= 1 } }

        /// Whether the server stops.
        var isStopped: Bool { pool.state.withLock { $0.isStopped } }

        /// Makes a piece of the answer on one of the threads.
        func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
            try await pool.threads.runIfActive(body)
        }
    }

    private let kind: String
    private let verb: String
    private let delay: Int
    private let state = Mutex((taken: 0, isStopped: false))
    private let threads = NIOThreadPool(numberOfThreads: width)

    /// A pool without threads.
    ///
    /// - Parameters:
    ///   - kind: for the message of a refusal, such as `searches are under way`.
    ///   - verb: what a refused client may do again.
    ///   - delay: seconds after which it may.
    init(_ kind: String, verb: String, delay: Int) {
        (self.kind, self.verb, self.delay) = (kind, verb, delay)
    }

    /// Starts the threads.
    func start() { threads.start() }

    /// Refuses new answers, and has those under way know of it (``Place/isStopped``).
    func refuse() { state.withLock { $0.isStopped = true } }

    /// Refuses new answers, waits for the present pieces, and ends the threads.
    func stop() async throws {
        refuse()
        try await threads.shutdownGracefully()
    }

    /// Begins an answer. Throws 503 if too many are under way, or if the server stops.
    func place() throws(APIError) -> Place {
        let message: String? = state.withLock { state in
            if state.isStopped { return "The server stops: \(verb) again when it is back" }
            guard state.taken < AnswerPool.most else {
                return "\(AnswerPool.most) \(kind) already: \(verb) again in a while"
            }
            state.taken += 1
            return nil
        }
        guard let message else { return Place(in: self) }
        var error = APIError(.serviceUnavailable, message)
        error.retryAfter = delay
        throw error
    }
}
