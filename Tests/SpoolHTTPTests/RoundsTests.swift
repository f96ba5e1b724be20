import LinuxSystem
import SpoolHTTP
import Synchronization
import Testing

@Suite("Rounds of reading")
struct RoundsTests {
    private struct Refusal: Error, Equatable {
        let round: Int
    }

    /// Reads that are numbered, each of which waits to be let go.
    private final class Reads: Sendable {
        let count = Mutex(0)
        let gate = AsyncStream.makeStream(of: Void.self)
        private let permits = Semaphore()

        func read() {
            count.withLock { $0 += 1 }
            gate.continuation.yield()
            permits.wait()
        }

        func start() { permits.post() }
    }

    private static let onThread: Rounds.Submit = { work in
        do { try startThread(named: "round") { work(true) } } catch { work(false) }
    }

    @Test("Queries of one moment share a round, and one that comes later gets a later round")
    func sharing() async throws {
        let rounds = Rounds(on: RoundsTests.onThread), reads = Reads()
        var began = reads.gate.stream.makeAsyncIterator()
        async let first: Void = rounds.wait(next: true) { reads.read() }
        _ = await began.next()
        // The first one is under way: it serves those who need no newer one.
        async let same: Void = rounds.wait(next: false) { reads.read() }
        async let later: Void = rounds.wait(next: true) { reads.read() }
        async let evenLater: Void = rounds.wait(next: true) { reads.read() }
        reads.start()
        try await first
        // Whichever of the two asks first has a round begin, which serves the other one as well, or does not any more.
        reads.start()
        reads.start()
        _ = try await (same, later, evenLater)
        #expect((2...3).contains(reads.count.withLock { $0 }))
        // None is under way.
        try await rounds.wait(next: false) { Issue.record("read without need") }
    }

    @Test("An error is that of the queries of its round alone")
    func errors() async throws {
        let rounds = Rounds(on: RoundsTests.onThread)
        let count = Mutex(0)
        let read: @Sendable () throws -> Void = {
            let round = count.withLock { count in
                count += 1
                return count
            }
            if round % 2 == 1 { throw Refusal(round: round) }
        }
        await #expect(throws: Refusal(round: 1)) { try await rounds.wait(next: true, read) }
        try await rounds.wait(next: true, read)
        await #expect(throws: Refusal(round: 3)) { try await rounds.wait(next: true, read) }
    }

    @Test("Without a thread the queries end with an error")
    func noThread() async {
        let rounds = Rounds { $0(false) }
        await #expect(throws: CancellationError.self) { try await rounds.wait(next: true) {} }
    }
}
