internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Returns memory to the system after many followers have disconnected.
final class MemoryRelease: Sendable {
    /// The number of ended answers that triggers a release: for fewer it is not worth its time.
    private static let crowd = 64
    /// How long it waits for more of them to end.
    private static let delay = TimeAmount.seconds(1)

    private let count = Atomic(0)
    private let threads: NIOThreadPool

    /// - Parameter threads: threads that may be busy for a while.
    init(on threads: NIOThreadPool) {
        self.threads = threads
    }

    /// Counts an answer that has ended.
    func noteEnd() {
        guard count.add(1, ordering: .relaxed).newValue == MemoryRelease.crowd else { return }
        MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: MemoryRelease.delay) { [self] in
            count.store(0, ordering: .relaxed)
            threads.submit { _ in Host.releaseMemory() }
        }
    }
}
