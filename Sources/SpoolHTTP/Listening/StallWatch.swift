internal import NIOCore
internal import Synchronization

/// Closes a connection whose client reads nothing of an answer for some time. Until then the unread bytes stay in
/// memory, and the source of the answer stays open.
final class StallWatch: Sendable {
    private let check = Mutex(StallCheck())
    private let progress = Atomic(0)
    private let task: Mutex<RepeatedTask?> = Mutex(nil)

    /// Watches a connection until ``end()``.
    ///
    /// - Parameter patience: seconds.
    init(of channel: any Channel, patience: Int) {
        let interval = StallWatch.interval(of: patience)
        let task = channel.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [weak self] _ in
            guard let self else { return }
            let (buffered, progress) = (StallWatch.bufferedBytes(of: channel), progress.load(ordering: .relaxed))
            if check.withLock({ $0.isStalled(buffered: buffered, progress: progress) }) { channel.close(promise: nil) }
        }
        self.task.withLock { $0 = task }
    }

    /// Records that a piece of the answer was taken.
    func noteProgress() {
        progress.add(1, ordering: .relaxed)
    }

    /// Ends the watch, because the answer is written.
    func end() {
        task.withLock { $0?.cancel() }
    }

    /// The time between two looks at a connection.
    ///
    /// - Parameter patience: seconds.
    static func interval(of patience: Int) -> TimeAmount {
        .milliseconds(Int64(clamping: patience) * 1000 / StallCheck.looks)
    }

    /// The bytes that a connection keeps for its client. On the channel's event loop.
    static func bufferedBytes(of channel: any Channel) -> Int {
        // Unknown only if the channel is closed.
        (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}
