internal import LinuxSystem

/// A shim that was spawned early to save time. It blocks until the engine writes one byte; on EOF, because the engine
/// aborted the start or died, it exits without running the job.
struct HeldShim: ~Copyable {
    /// The process.
    let pid: Int32
    private let leash: Descriptor

    init(pid: Int32, leash: consuming Descriptor) {
        self.pid = pid
        self.leash = leash
    }

    /// Has it start the job. If the shim has ended already, the job's directory shows its state.
    consuming func letGo() {
        // See above.
        try? leash.write([1])
    }

    /// Aborts the start, and waits for the shim's exit, which releases its hold on the lock.
    consuming func dismiss() {
        let pid = pid
        // Closing a pipe reports nothing.
        try? leash.close()
        // If it cannot be waited for, the lock shows when it is gone.
        _ = try? Command.awaitEnd(of: pid)
    }
}
