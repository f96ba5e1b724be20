internal import Glibc
internal import LinuxSystem
internal import SpoolStore

/// A shim that was spawned early to save time. It blocks until the engine writes a ``StartSignal``; on EOF, because the engine
/// aborted the start or died, it exits without running the job.
package struct PreparedShim: ~Copyable {
    /// The process.
    package let pid: Int32
    /// Whether it waited before there was a job for it.
    let isSpare: Bool
    private let startPipe: Descriptor

    init(pid: Int32, startPipe: consuming Descriptor, isSpare: Bool = false) {
        self.pid = pid
        self.isSpare = isSpare
        self.startPipe = startPipe
    }

    /// Has it do everything but spawn the spider, while the start gets durable.
    func prepare() {
        // If the shim has ended already, the job's directory shows its state.
        try? startPipe.write([StartSignal.prepare.rawValue])
    }

    /// Has it start the job.
    package consuming func start() {
        // As above.
        try? startPipe.write([StartSignal.start.rawValue])
        // A pipe wakes its reader on the writer's processor, where it waits for the writer.
        sched_yield()
    }

    /// Gives up a start after ``prepare()``. It leaves the job when it is prepared.
    consuming func giveUp() {
        // Closing a pipe reports nothing.
        try? startPipe.close()
    }

    /// Aborts the start, and waits for the shim's exit, which releases its hold on the lock. It has done nothing yet.
    consuming func abort() { Command.endChild(pid) }
}
