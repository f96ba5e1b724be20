internal import HTTPTypes
internal import NIOPosix
internal import Synchronization

/// Makes archives of jobs on threads of their own, a piece at a time, so that neither short reads nor clients that read
/// slowly wait for each other.
final class ArchivePool: Sendable {
    /// The number of pieces that are made at a time.
    private static let width = 2
    /// The most archives that are open at a time.
    static let most = 8
    /// Seconds after which a refused client may ask again.
    private static let delay = 10

    /// One of the archives that may be open at a time, until it is freed.
    final class Place: Sendable {
        private let pool: ArchivePool

        fileprivate init(in pool: ArchivePool) {
            self.pool = pool
        }

        deinit {
            pool.taken.withLock { $0 -= 1 }
        }
    }

    private let taken = Mutex(0)
    private let threads = NIOThreadPool(numberOfThreads: width)

    /// Starts the threads.
    func start() { threads.start() }

    /// Ends the threads, after all answers.
    func stop() async throws { try await threads.shutdownGracefully() }

    /// A place for another archive. Throws 503 if there is none.
    func place() throws(APIError) -> Place {
        let hasRoom = taken.withLock { taken in
            guard taken < ArchivePool.most else { return false }
            taken += 1
            return true
        }
        if hasRoom { return Place(in: self) }
        var error = APIError(
            .serviceUnavailable, "\(ArchivePool.most) archives of jobs are being sent already: ask again in a while")
        error.retryAfter = ArchivePool.delay
        throw error
    }

    /// Runs a closure that reads files and compresses.
    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await threads.runIfActive(body)
    }
}
