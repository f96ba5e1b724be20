internal import Glibc
internal import Synchronization

/// Writes lines to a descriptor that others may read from, as slowly as they like or never, without waiting for them: what
/// cannot be written at once waits in a ``LineQueue``.
///
/// The descriptor is left as it is. O_NONBLOCK belongs to the open file, which other processes share, so a pipe or a
/// terminal is opened anew for it (proc(5), `/proc/self/fd`).
public final class LineWriter: Sendable {
    /// How a line is written.
    private enum Way {
        /// A regular file or a device: no reader is waited for.
        case file
        /// An open file of this writer's own, with O_NONBLOCK.
        case own(Int32)
        /// A socket, each call of send(2) without waiting.
        case socket
        /// A pipe or terminal of another user's, which cannot be opened anew: only the writer's thread writes.
        case shared
    }

    private struct State {
        var queue: LineQueue
        var hasThread = false
        /// Whether the thread was woken, and has not seen the end of the queue since.
        var isAwake = false
    }

    private let number: Int32
    private let way: Way
    private let state: Mutex<State>
    private let wakeUps = Semaphore()

    /// Writes to a descriptor, which stays open for as long as this writer is used.
    ///
    /// - Parameters:
    ///   - limit: the most bytes that wait to be written.
    ///   - notice: the line that says how many lines were dropped.
    public init(_ number: Int32, limit: Int = 1 << 20, notice: @escaping @Sendable (Int) -> [UInt8]) {
        self.number = number
        way = LineWriter.way(to: number)
        state = Mutex(State(queue: LineQueue(limit: limit, notice: notice)))
    }

    private static func way(to number: Int32) -> Way {
        var information = stat()
        guard fstat(number, &information) == 0 else { return .file }
        switch information.st_mode & S_IFMT {
        case S_IFSOCK: return .socket
        case S_IFCHR where isatty(number) == 0: return .file
        case S_IFCHR, S_IFIFO:
            let own = open("/proc/self/fd/\(number)", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
            return own >= 0 ? .own(own) : .shared
        default: return .file
        }
    }

    /// Writes a line, now if that needs no waiting, otherwise later.
    public func write(_ line: [UInt8]) {
        let isLeft = state.withLock { state in
            state.queue.append(line)
            return !drain(&state)
        }
        if isLeft { wake() }
    }

    /// Waits until everything is written, or the time is over.
    public func flush(within milliseconds: Int) {
        let deadline = Machine.steadyClock() + Int64(milliseconds) * 1000
        while !state.withLock({ drain(&$0) }) {
            let rest = (deadline - Machine.steadyClock()) / 1000
            guard rest > 0 else { return }
            _ = isWritable(within: Int32(clamping: min(rest, 100)))
            // Where only the thread writes, a descriptor that can be written says nothing of how far it is.
            if case .shared = way { usleep(1000) }
        }
    }

    // MARK: Writing

    /// Writes what can be written without waiting; true when nothing is left. The caller has the lock.
    private func drain(_ state: inout State) -> Bool {
        if case .shared = way { return state.queue.isEmpty && !state.isAwake }
        while case let bytes = state.queue.next(), !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { put($0) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return false }
            guard count >= 0 else {
                // No reader (EPIPE), no room (ENOSPC): the next line finds out whether that has changed.
                state.queue.drop()
                return true
            }
            state.queue.advance(by: count)
        }
        return true
    }

    private func put(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch way {
        case .file, .shared: Glibc.write(number, bytes.baseAddress, bytes.count)
        case .own(let own): Glibc.write(own, bytes.baseAddress, bytes.count)
        case .socket: send(number, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        }
    }

    private func isWritable(within milliseconds: Int32) -> Bool {
        var wanted = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
        return poll(&wanted, 1, milliseconds) > 0
    }

    // MARK: The thread

    /// Leaves what is left to a thread, which is made when it is needed for the first time.
    private func wake() {
        let (isNeeded, isMissing) = state.withLock { state in
            defer { (state.isAwake, state.hasThread) = (true, true) }
            return (!state.isAwake, !state.hasThread)
        }
        if isMissing {
            do throws(SystemError) {
                try startThread(named: "log") { [self] in work() }
            } catch {
                // The next line tries it again, and writes what it can.
                return state.withLock { ($0.isAwake, $0.hasThread) = (false, false) }
            }
        }
        if isNeeded { wakeUps.post() }
    }

    private func work() {
        while true {
            wakeUps.wait()
            if case .shared = way { writeWaiting() } else { writeWhenReady() }
        }
    }

    private func writeWhenReady() {
        while true {
            let isOver = state.withLock { state in
                guard drain(&state) else { return false }
                state.isAwake = false
                return true
            }
            if isOver { return }
            _ = isWritable(within: -1)
        }
    }

    private func writeWaiting() {
        while true {
            let bytes = state.withLock { state in
                let bytes = Array(state.queue.next())
                if bytes.isEmpty { state.isAwake = false }
                return bytes
            }
            if bytes.isEmpty { return }
            let count = bytes.withUnsafeBytes { put($0) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                _ = isWritable(within: -1)
                continue
            }
            state.withLock { state in
                if count < 0 { state.queue.drop() } else { state.queue.advance(by: count) }
                // A notice that cannot be written either waits for the next line.
                if count < 0 { state.isAwake = false }
            }
            if count < 0 { return }
        }
    }
}
