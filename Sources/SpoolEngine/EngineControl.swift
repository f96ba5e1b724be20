internal import LinuxSystem
internal import Synchronization

/// Wakes the engine's thread: to stop, to read new settings, or for a health check.
final class EngineControl: Sendable {
    let bell: EventFD
    private let stopped = Atomic(false)
    private let answers = Atomic(0)
    private let hasNewSettings = Atomic(false)
    /// The most calls that wait for an answer; the oldest one gets none.
    private static let mostWaiting = 64
    private let waiting = Mutex<[AsyncStream<Void>.Continuation]>([])

    init() throws(SystemError) {
        bell = try EventFD()
    }

    var isStopped: Bool { stopped.load(ordering: .acquiring) }

    /// How often the engine's thread has answered the bell; 0 until it has opened the tree.
    var answerCount: Int { answers.load(ordering: .acquiring) }

    /// Counts an answer of the engine's thread.
    func answer() {
        answers.add(1, ordering: .releasing)
        let waiting = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for continuation in waiting {
            continuation.yield()
            continuation.finish()
        }
    }

    /// Rings, and returns a stream with one element: the answer. It ends without one if too many wait.
    func ask() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let oldest = waiting.withLock { waiting in
            waiting.append(continuation)
            return waiting.count > EngineControl.mostWaiting ? waiting.removeFirst() : nil
        }
        oldest?.finish()
        bell.ring()
        return stream
    }

    func ring() {
        bell.ring()
    }

    /// Rings because there are new settings.
    func announceSettings() {
        hasNewSettings.store(true, ordering: .releasing)
        bell.ring()
    }

    /// Whether there are new settings since the last call.
    func takeNewSettings() -> Bool {
        hasNewSettings.exchange(false, ordering: .acquiringAndReleasing)
    }

    func stop() {
        stopped.store(true, ordering: .releasing)
        bell.ring()
    }
}
