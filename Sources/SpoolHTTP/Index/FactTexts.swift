internal import NIOCore
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The texts of finished jobs with their facts, which lists with facts need. A text is valid as long as the status of its job
/// is the one that ``FinishedIndex`` knows.
final class FactTexts: Sendable {
    /// The most bytes of all texts; beyond that, all are dropped.
    private static let capacity = 32 << 20
    /// The most bytes of one text: a payload may be long.
    private static let longest = 64 << 10

    private struct State {
        var texts: [JobID: (stamp: JobStamp, text: ByteBuffer)] = [:]
        var byteCount = 0

        mutating func keep(_ text: ByteBuffer?, of entry: FinishedSegment.Entry) {
            guard let text, text.readableBytes <= FactTexts.longest else { return }
            if byteCount + text.readableBytes > FactTexts.capacity { self = State() }
            byteCount += text.readableBytes - (texts[entry.id]?.text.readableBytes ?? 0)
            texts[entry.id] = (entry.stamp, text)
        }
    }

    private let state = Mutex(State())

    /// The texts of jobs, without those that are gone.
    ///
    /// - Parameters:
    ///   - entries: the jobs, with the stamps of their statuses in the index.
    ///   - reading: reads a job from the disk; nil if it is gone.
    func texts(of entries: [FinishedSegment.Entry], reading: (JobID) -> ByteBuffer?) -> [ByteBuffer] {
        // Once for all of them: many threads answer such requests.
        var texts = state.withLock { state in
            entries.map { entry in state.texts[entry.id].flatMap { $0.stamp == entry.stamp ? $0.text : nil } }
        }
        let missing = texts.indices.filter { texts[$0] == nil }
        for index in missing { texts[index] = reading(entries[index].id) }
        if !missing.isEmpty {
            let (read, all) = (missing, texts)
            state.withLock { state in
                for index in read { state.keep(all[index], of: entries[index]) }
            }
        }
        return texts.compactMap(\.self)
    }

    /// Drops all texts.
    func drop() { state.withLock { $0 = State() } }
}
