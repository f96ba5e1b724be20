internal import Synchronization

/// Reads of a part of the tree, one after the other. Each serves all queries that wait for it, which take no thread
/// meanwhile.
package final class Rounds: Sendable {
    /// Runs a closure on a thread that may block. The closure gets false instead if no thread will run it.
    package typealias Submit = @Sendable (@escaping @Sendable (Bool) -> Void) -> Void

    private struct State {
        /// The numbers of the last round that began, and of the last one that ended.
        var begun = 0, ended = 0
        /// The waiting queries, each with the round after which it continues.
        var waiting: [(round: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    private enum Step { case resume, begin, wait }

    private let submit: Submit
    private let state = Mutex(State())

    /// Without any rounds.
    package init(on submit: @escaping Submit) {
        self.submit = submit
    }

    /// Waits for the end of a round. Throws the error of that round.
    ///
    /// - Parameters:
    ///   - isNext: whether it has to begin from now on. Otherwise the present one suffices, and none if there is none.
    ///   - read: the work of a round; the same for all calls.
    package func wait(next isNext: Bool, _ read: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let step = state.withLock { state -> Step in
                let isRunning = state.begun > state.ended
                guard isRunning || isNext else { return .resume }
                state.waiting.append((isNext ? state.begun + 1 : state.begun, continuation))
                guard !isRunning else { return .wait }
                state.begun += 1
                return .begin
            }
            switch step {
            case .resume: continuation.resume()
            case .begin: submit { [self] isActive in run(isActive, read) }
            case .wait: break
            }
        }
    }

    /// Runs a round, and further ones while queries wait for them.
    private func run(_ isActive: Bool, _ read: @Sendable () throws -> Void) {
        var goesOn = true
        while goesOn {
            let result = isActive ? Result { try read() } : .failure(CancellationError())
            let continuations: [CheckedContinuation<Void, any Error>]
            (continuations, goesOn) = state.withLock { state in
                state.ended = state.begun
                let ended = state.ended
                let served = state.waiting.filter { $0.round <= ended }
                state.waiting.removeAll { $0.round <= ended }
                if !state.waiting.isEmpty { state.begun += 1 }
                return (served.map(\.continuation), !state.waiting.isEmpty)
            }
            for continuation in continuations { continuation.resume(with: result) }
        }
    }
}
