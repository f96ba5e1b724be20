internal import NIOCore
internal import Synchronization

/// Closes a connection whose client reads nothing of an answer for some time. Until then the unread bytes stay in
/// memory, and the source of the answer stays open.
final class StallWatch: Sendable {
    /// The number of checks within the time that a client may be silent.
    private static let looks = 4

    private struct State {
        var buffered = 0
        var progress = 0
        /// Consecutive checks that found no fewer buffered bytes and no progress.
        var idle = 0
    }

    private let state = Mutex(State())
    private let progress = Atomic(0)
    private let task: Mutex<RepeatedTask?> = Mutex(nil)

    /// Watches a connection until ``end()``.
    ///
    /// - Parameter patience: seconds.
    init(of channel: any Channel, patience: Int) {
        let interval = TimeAmount.milliseconds(Int64(clamping: patience) * 1000 / Int64(StallWatch.looks))
        let task = channel.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [weak self] _ in
            guard let self else { return }
            // Unknown only if the channel is closed.
            let buffered = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
            if isStalled(with: buffered) { channel.close(promise: nil) }
        }
        self.task.withLock { $0 = task }
    }

    /// Records that a piece of the answer was taken. The buffered bytes alone do not show it: the next piece may be as
    /// long.
    func noteProgress() {
        progress.add(1, ordering: .relaxed)
    }

    /// Ends the watch, because the answer is written.
    func end() {
        task.withLock { $0?.cancel() }
    }

    private func isStalled(with buffered: Int) -> Bool {
        let progress = progress.load(ordering: .relaxed)
        return state.withLock { state in
            let isIdle = buffered > 0 && buffered >= state.buffered && progress == state.progress
            state.idle = isIdle ? state.idle + 1 : 0
            (state.buffered, state.progress) = (buffered, progress)
            return state.idle >= StallWatch.looks
        }
    }
}
