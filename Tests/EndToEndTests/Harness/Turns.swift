import Testing

/// Lets only a few tests run at a time: each starts several Pythons, and all at once would only wait for each other.
struct Turns: SuiteTrait, TestTrait, TestScoping {
    let isRecursive = true

    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await body() }
        await Gate.shared.enter()
        do {
            try await body()
        } catch {
            await Gate.shared.leave()
            throw error
        }
        await Gate.shared.leave()
    }

    private actor Gate {
        static let shared = Gate()
        private var free = 4
        private var waiting: [CheckedContinuation<Void, Never>] = []

        func enter() async {
            if free > 0 {
                free -= 1
            } else {
                await withCheckedContinuation { waiting.append($0) }
            }
        }

        func leave() {
            if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
        }
    }
}

extension Trait where Self == Turns {
    /// Lets only a few tests of the marked ones run at a time.
    static var fewAtATime: Self { Turns() }
}
