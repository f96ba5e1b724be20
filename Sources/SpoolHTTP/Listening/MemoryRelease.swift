internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Gives memory back to the system after a crowd of clients that followed something has gone.
final class MemoryRelease: Sendable {
    /// Answers that have ended since the last time: for fewer it is not worth the time that it takes.
    private static let crowd = 64
    /// How long is waited for the rest of the crowd.
    private static let delay = TimeAmount.seconds(1)

    private let count = Atomic(0)
    private let threads: NIOThreadPool

    /// - Parameter threads: those that may be busy for a while.
    init(on threads: NIOThreadPool) {
        self.threads = threads
    }

    /// Notes that an answer has ended.
    func noteEnd() {
        guard count.add(1, ordering: .relaxed).newValue == MemoryRelease.crowd else { return }
        MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: MemoryRelease.delay) { [self] in
            count.store(0, ordering: .relaxed)
            threads.submit { _ in Machine.releaseMemory() }
        }
    }
}
