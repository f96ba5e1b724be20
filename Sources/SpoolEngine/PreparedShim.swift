internal import LinuxSystem

/// A shim that was spawned early to save time. It blocks until the engine writes one byte; on EOF, because the engine
/// aborted the start or died, it exits without running the job.
struct PreparedShim: ~Copyable {
    /// The process.
    let pid: Int32
    private let startPipe: Descriptor

    init(pid: Int32, startPipe: consuming Descriptor) {
        self.pid = pid
        self.startPipe = startPipe
    }

    /// Has it start the job. If the shim has ended already, the job's directory shows its state.
    consuming func start() {
        // See above.
        try? startPipe.write([1])
    }

    /// Aborts the start, and waits for the shim's exit, which releases its hold on the lock.
    consuming func abort() {
        let pid = pid
        // Closing a pipe reports nothing.
        try? startPipe.close()
        // If it cannot be waited for, the lock shows when it is gone.
        _ = try? Command.awaitEnd(of: pid)
    }
}
