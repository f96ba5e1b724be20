internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes
internal import NIOPosix
internal import Synchronization

/// A client that follows a log. Its event loop writes the answer: a task for each would cost more memory than the rest of
/// the connection.
final class LogFollower: Sendable {
    private struct State {
        var position: LogFeed.Position
        /// Whether a read or a write is under way: the next one begins after it, so that a client that does not read has
        /// one piece in memory.
        var isBusy = false
        /// Whether something may have come meanwhile.
        var isDue = false
        /// Whether the answer ends with the bytes that the log has by now.
        var isFinishing = false
        var hasBegun = false
        var hasEnded = false
        var stall = StallCheck(isShared: true)
        /// The number of pieces that the connection has taken.
        var progress = 0
    }

    let channel: any Channel
    /// The offset in the log of the first byte.
    let start: Int
    /// Seconds until the client is cut off if it reads nothing.
    let patience: Int
    private let feed: LogFeed
    private let onEnd: @Sendable () -> Void
    private let state: Mutex<State>

    /// A follower that has not begun.
    ///
    /// - Parameters:
    ///   - patience: seconds until a client is cut off that reads nothing.
    ///   - onEnd: called when it has ended.
    init(
        of feed: LogFeed, from position: LogFeed.Position, on channel: any Channel, patience: Int,
        onEnd: @escaping @Sendable () -> Void
    ) {
        self.feed = feed
        self.onEnd = onEnd
        self.channel = channel
        self.patience = patience
        start = position.offset
        state = Mutex(State(position: position))
    }

    /// The header fields of the answer.
    var headFields: HTTPFields {
        var fields = API.commonFields
        fields.append(contentsOf: LogStream.fields(from: start))
        fields[.acceptRanges] = "bytes"
        fields[.cacheControl] = "no-store"
        return fields
    }

    /// Begins after the head of the answer is written. On the channel's event loop, like all that follows.
    func begin() {
        state.withLock { $0.hasBegun = true }
        ClientSocket.limitQueue(of: channel)
        feed.add(self)
        pull()
    }

    /// Writes the bytes that have come, unless a write is under way.
    func pull() {
        let isFree = state.withLock { state in
            guard !state.isBusy, !state.hasEnded else {
                state.isDue = true
                return false
            }
            (state.isBusy, state.isDue) = (true, false)
            return true
        }
        if isFree { go() }
    }

    /// Cuts the client off if it has read nothing for too long. Called in even intervals, on the channel's event loop.
    func seeWhetherItReads() {
        let buffered = StallWatch.bufferedBytes(of: channel)
        let isStalled = state.withLock { $0.stall.isStalled(buffered: buffered, progress: $0.progress) }
        if isStalled { channel.close(promise: nil) }
    }

    /// Ends the answer after the bytes that the log has by now.
    func finish() {
        state.withLock { $0.isFinishing = true }
        pull()
    }

    /// Reads the next bytes and writes them.
    private func go() {
        let (position, isFinishing, hasEnded) = state.withLock { ($0.position, $0.isFinishing, $0.hasEnded) }
        if hasEnded { return }
        // The state first, so that the bytes written before the end are read in this very round.
        let isLast = isFinishing || feed.hasEnded
        do {
            if let reading = try feed.readCached(after: position) { return take(reading, isLast) }
        } catch {
            return channel.close(promise: nil)
        }
        feed.threads.runIfActive(eventLoop: channel.eventLoop) { [feed] in try feed.read(after: position) }
            .whenComplete { [self] result in
                switch result {
                case .success(let reading): take(reading, isLast)
                case .failure: channel.close(promise: nil)
                }
            }
    }

    private func take(_ reading: LogFeed.Reading, _ isLast: Bool) {
        switch reading {
        case .bytes(let bytes, let position):
            state.withLock { $0.position = position }
            channel.writeAndFlush(HTTPResponsePart.body(bytes)).whenComplete { [self] result in
                guard case .success = result else {
                    leave()
                    return
                }
                state.withLock { $0.progress &+= 1 }
                // In a turn of its own: the socket may have taken the bytes at once.
                channel.eventLoop.execute { [self] in go() }
            }
        case .truncated:
            state.withLock { $0.position = LogFeed.Position() }
            go()
        case .none where isLast: end()
        case .none:
            let isDue = state.withLock { state in
                state.isBusy = false
                return state.isDue
            }
            if isDue { pull() }
        }
    }

    /// Ends the answer, unless it has ended.
    private func end() {
        guard leave() else { return }
        channel.writeAndFlush(HTTPResponsePart.end(nil), promise: nil)
    }

    /// Forgets the client. Returns whether the answer had not ended.
    @discardableResult
    private func leave() -> Bool {
        let isFirst = state.withLock { state in
            defer { state.hasEnded = true }
            return state.hasBegun && !state.hasEnded
        }
        guard isFirst else { return false }
        feed.remove(self)
        onEnd()
        return true
    }
}
