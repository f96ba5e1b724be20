internal import LinuxSystem
internal import Synchronization

/// A thread that runs closures one after the other. It is created for the first one.
final class SerialThread: Sendable {
    private struct State {
        var isStarted = false
        var waiting: [@Sendable () -> Void] = []
    }

    private let name: String
    private let bell: EventFD
    private let queue: EventQueue
    private let state = Mutex(State())

    /// - Parameter name: of at most 15 bytes.
    init(named name: String) throws(SystemError) {
        self.name = name
        bell = try EventFD()
        queue = try EventQueue()
        try queue.add(bell.descriptor, key: 0)
    }

    /// Runs a closure after all earlier ones.
    ///
    /// Throws if the thread does not exist yet and cannot be created; the closure is not run then.
    func run(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let isStarted = state.withLock { state in
            defer { state.isStarted = true }
            return state.isStarted
        }
        if !isStarted {
            do throws(SystemError) {
                try startThread(named: name) { [self] in work() }
            } catch {
                state.withLock { $0.isStarted = false }
                throw error
            }
        }
        state.withLock { $0.waiting.append(body) }
        bell.ring()
    }

    private func work() {
        while true {
            _ = queue.waitPausing()
            bell.clear()
            let bodies = state.withLock { state in
                defer { state.waiting = [] }
                return state.waiting
            }
            for body in bodies { body() }
        }
    }
}
