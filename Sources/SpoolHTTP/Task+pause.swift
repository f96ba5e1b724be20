extension Task where Success == Never, Failure == Never {
    /// Waits for some time.
    ///
    /// - Returns: false if the task was canceled, which ends the wait at once.
    @discardableResult
    static func pause(for duration: Duration) async -> Bool {
        // Cancellation is the only error of it.
        await (try? sleep(for: duration)) != nil
    }
}
