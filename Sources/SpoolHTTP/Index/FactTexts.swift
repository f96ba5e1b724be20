internal import NIOCore
internal import SpoolModel
internal import Synchronization

/// The texts of finished jobs with their facts, which lists with facts need. A text is valid as long as the status of its job
/// is the one that ``FinishedIndex`` knows.
final class FactTexts: Sendable {
    /// The most bytes of all texts; beyond that, all are dropped.
    private static let capacity = 32 << 20
    /// The most bytes of one text: a payload may be long.
    private static let longest = 64 << 10

    private struct State {
        var texts: [JobID: (stamp: StatusStamp, text: ByteBuffer)] = [:]
        var byteCount = 0
    }

    private let state = Mutex(State())

    /// The text of a job.
    ///
    /// - Parameters:
    ///   - stamp: that of its status, in the index.
    ///   - reading: reads the job from the disk; nil if it is gone.
    func text(of id: JobID, _ stamp: StatusStamp, reading: () -> ByteBuffer?) -> ByteBuffer? {
        if let known = state.withLock({ $0.texts[id] }), known.stamp == stamp { return known.text }
        guard let text = reading() else { return nil }
        let size = text.readableBytes
        guard size <= FactTexts.longest else { return text }
        state.withLock { state in
            if state.byteCount + size > FactTexts.capacity { state = State() }
            state.byteCount += size - (state.texts[id]?.text.readableBytes ?? 0)
            state.texts[id] = (stamp, text)
        }
        return text
    }

    /// Drops all texts.
    func drop() { state.withLock { $0 = State() } }
}
