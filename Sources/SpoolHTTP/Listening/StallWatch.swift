internal import NIOCore
internal import Synchronization

/// Closes a connection whose client takes nothing of an answer for some time. What it does not take stays in memory, and
/// whatever the answer comes from stays open.
final class StallWatch: Sendable {
    /// How often is looked within the time that a client may be silent.
    private static let looks = 4

    private struct State {
        var buffered = 0
        var progress = 0
        /// Looks in a row that found as much in the buffer as the one before.
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
            let buffered = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
            if isStalled(with: buffered) { channel.close(promise: nil) }
        }
        self.task.withLock { $0 = task }
    }

    /// Notes that a piece of the answer was taken. What is buffered does not tell: the next piece may be as long.
    func noteProgress() {
        progress.add(1, ordering: .relaxed)
    }

    /// The answer is written.
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
