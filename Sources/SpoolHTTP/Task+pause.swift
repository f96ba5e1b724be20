extension Task where Success == Never, Failure == Never {
    /// Waits for some time.
    ///
    /// - Returns: false if the task was canceled, which ends the wait at once.
    @discardableResult
    static func pause(for duration: Duration) async -> Bool {
        // Cancellation is the only error of it.
        await (try? sleep(for: duration)) != nil
    }

    /// Runs work, and cancels it when its time is over. Returns when it has ended.
    static func run(atMost duration: Duration, _ work: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask(operation: work)
            group.addTask { await pause(for: duration) }
            await group.next()
            group.cancelAll()
        }
    }
}
