internal import Synchronization

/// The flush of directories for threads that change names in them at the same time (group commit): one flush serves all
/// whose changes came before it began.
///
/// A thread takes it before its change, and calls ``flush(with:)`` after it. No thread waits for others to come: one that
/// finds no flush under way begins one, and those that come meanwhile wait for its end. Then the first of them flushes
/// for all of them. A thread holds nothing between its change and the flush, so one that gives up keeps no other waiting.
///
/// It ends with its first failure. Linux reports a failed write once to each open file (errseq_t in the kernel's
/// sources), and all flushes here use the same open files, so the failure is that of every thread that has it and was
/// not told of a success: its names may be among those that were dropped. It must not flush again; see ``hasFailed``.
public final class SharedFlush: Sendable {
    private let directories: [OpenFile]
    private let each: @Sendable ([[Int32]]) -> [SystemError?]
    private let state = Mutex(State())

    private struct State {
        var isUnderWay = false
        var failure: SystemError?
        var waiting: [Waiter] = []
    }

    /// Takes directories over, which were opened for this: see ``Directory/durably(_:)``.
    ///
    /// - Parameter each: flushes groups of descriptors, as ``Flush/each(_:)``.
    public init(
        of directories: [OpenFile], by each: @escaping @Sendable ([[Int32]]) -> [SystemError?] = { Flush.each($0) }
    ) {
        self.directories = directories
        self.each = each
    }

    /// Whether a flush has failed: changes from now on need another one, with directories that are opened anew.
    public var hasFailed: Bool { state.withLock { $0.failure != nil } }

    /// How many threads wait for the end of the flush that is under way.
    package var waiting: Int { state.withLock { $0.waiting.count } }

    /// Whether the first of the directories is the file with these facts.
    public func isFirst(_ place: FileInformation) -> Bool {
        // A directory of a network filesystem that is gone cannot be looked at (ESTALE): it is not the same.
        (try? directories[0].descriptor.information())?.isSameFile(as: place) == true
    }

    /// Returns when the changes of the calling thread in the directories are on the disk.
    ///
    /// - Parameter own: descriptors that the calling thread has to flush as well. Their failure is only its own.
    public func flush(with own: [Int32] = []) throws(SystemError) {
        if try begin(orAdd: nil) {
            let failures = each([own, numbers])
            end(failures[1], serving: [])
            if let failure = failures[0] ?? failures[1] { throw failure }
            return
        }
        // Beside the flush that is under way.
        if !own.isEmpty, let failure = each([own])[0] { throw failure }
        let waiter = Waiter()
        if try !begin(orAdd: waiter) {
            guard try waiter.wait() else { return }
        }
        let served = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        let failure = each([numbers])[0]
        end(failure, serving: served)
        if let failure { throw failure }
    }

    private var numbers: [Int32] { directories.map { $0.descriptor.number } }

    /// Begins a flush; false if one is under way, in which case the waiter is added to those that wait for its end. Throws
    /// an earlier failure.
    private func begin(orAdd waiter: Waiter?) throws(SystemError) -> Bool {
        let (begins, failure) = state.withLock { state -> (Bool, SystemError?) in
            if let failure = state.failure { return (false, failure) }
            if state.isUnderWay {
                if let waiter { state.waiting.append(waiter) }
                return (false, nil)
            }
            state.isUnderWay = true
            return (true, nil)
        }
        if let failure { throw failure }
        return begins
    }

    /// Ends a flush. The first of those that came meanwhile begins the next one.
    private func end(_ failure: SystemError?, serving served: [Waiter]) {
        let (next, ended) = state.withLock { state -> (Waiter?, [Waiter]) in
            if let failure {
                state.failure = failure
                defer { state.waiting = [] }
                return (nil, served + state.waiting)
            }
            guard !state.waiting.isEmpty else {
                state.isUnderWay = false
                return (nil, served)
            }
            return (state.waiting.removeFirst(), served)
        }
        // First, since the disk is idle.
        next?.tell(.turn)
        for waiter in ended { waiter.tell(failure.map { .failed($0) } ?? .flushed) }
    }
}

/// A thread that waits for a flush.
private final class Waiter: Sendable {
    enum News {
        case flushed
        case failed(SystemError)
        /// The thread has to flush for all that wait.
        case turn
    }

    private let news = Mutex<News?>(nil)
    private let arrival = Semaphore()

    func tell(_ what: News) {
        news.withLock { $0 = what }
        arrival.post()
    }

    /// Waits; whether the thread has to flush.
    func wait() throws(SystemError) -> Bool {
        while true {
            arrival.wait()
            switch news.withLock({ $0 }) {
            case nil: continue
            case .flushed: return false
            case .failed(let error): throw error
            case .turn: return true
            }
        }
    }
}
