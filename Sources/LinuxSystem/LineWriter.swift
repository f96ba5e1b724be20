internal import Glibc
internal import Synchronization

/// Writes lines to a descriptor without waiting for its reader, which may be slow or stopped: bytes that cannot be
/// written at once wait in a ``LineQueue``.
///
/// The descriptor's flags are not changed. O_NONBLOCK belongs to the open file description, which other processes
/// share, so a pipe or a terminal is opened again (proc(5), `/proc/self/fd`).
public final class LineWriter: Sendable {
    /// The way to write a line.
    private enum Way {
        /// A regular file or a device: writing does not wait for a reader.
        case file
        /// A separate open file description with O_NONBLOCK.
        case own(Int32)
        /// A socket: send(2) with MSG_DONTWAIT.
        case socket
        /// A pipe or terminal of another user, which cannot be opened again: only the writer's thread writes.
        case shared
    }

    private struct State {
        var queue: LineQueue
        var hasThread = false
        /// Whether the thread has been woken and has not reached the end of the queue since.
        var isAwake = false
    }

    private let number: Int32
    private let way: Way
    private let state: Mutex<State>
    private let wakeUps = Semaphore()

    /// Creates a writer. The descriptor has to stay open while the writer is used.
    ///
    /// - Parameters:
    ///   - limit: the most bytes that are queued.
    ///   - notice: makes the line about a number of dropped lines.
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

    /// Writes a line, at once if that does not block, otherwise later.
    public func write(_ line: [UInt8]) {
        let isLeft = state.withLock { state in
            state.queue.append(line)
            return !drain(&state)
        }
        if isLeft { wake() }
    }

    /// Waits until all lines are written, or the time is over.
    public func flush(within milliseconds: Int) {
        let deadline = SystemClock.monotonic() + Int64(milliseconds) * 1000
        while !state.withLock({ drain(&$0) }) {
            let rest = (deadline - SystemClock.monotonic()) / 1000
            guard rest > 0 else { return }
            _ = isWritable(within: Int32(clamping: min(rest, 100)))
            // If only the thread writes, a writable descriptor does not show that the thread is done.
            if case .shared = way { usleep(1000) }
        }
    }

    // MARK: Writing

    /// Writes as much as possible without blocking; true if nothing is left. The caller holds the lock.
    private func drain(_ state: inout State) -> Bool {
        if case .shared = way { return state.queue.isEmpty && !state.isAwake }
        while case let bytes = state.queue.next(), !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { put($0) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return false }
            guard count >= 0 else {
                // No reader (EPIPE) or no space (ENOSPC): the next line tries again.
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

    /// Leaves the rest to the thread, which is started when it is first needed.
    private func wake() {
        let (isNeeded, isMissing) = state.withLock { state in
            defer { (state.isAwake, state.hasThread) = (true, true) }
            return (!state.isAwake, !state.hasThread)
        }
        if isMissing {
            do throws(SystemError) {
                try startThread(named: "log") { [self] in work() }
            } catch {
                // The next line writes as much as it can and tries to start the thread again.
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
