internal import CLinux
internal import Glibc

extension Command {
    /// The result of a command that has ended.
    public struct Outcome: Hashable, Sendable {
        /// The exit status, or 128 plus the signal that ended it; nil if its time ran out.
        public let status: Int32?
        /// Its standard output. Bytes that are not UTF-8 are replaced.
        public let output: String
        /// Its standard error.
        public let error: String
    }

    /// Runs the command in the root directory with an input and waits for its end. It gets SIGKILL when its time runs
    /// out. Processes that it started are not killed, so this is for programs that
    /// start none.
    ///
    /// - Parameter seconds: the time limit.
    public func run(input: String, within seconds: Int) throws(SystemError) -> Outcome {
        // Files without a name: they cannot block as a pipe can, and they leave no trace.
        let source = try Descriptor.inMemory()
        let output = try Descriptor.inMemory()
        let error = try Descriptor.inMemory()
        try source.write(Array(input.utf8))
        lseek(source.number, 0, SEEK_SET)
        var command = self
        command.files = [source.number, output.number, error.number]
        let pid = try command.spawn(in: try Directory(path: "/"))
        let status = try Command.end(of: pid, within: seconds)
        return Outcome(
            status: status, output: String(decoding: try output.readAll(limit: 16 << 20), as: UTF8.self),
            error: String(decoding: try error.readAll(limit: 16 << 20), as: UTF8.self))
    }

    /// Kills a child that nothing else waits for, so that the pid is still its own, and waits for its end. A stopped one ends as
    /// well.
    public static func endChild(_ pid: Int32) {
        kill(pid, SIGKILL)
        // A child that ends for certain. If it cannot be waited for, it is not there.
        _ = try? Command.awaitEnd(of: pid)
    }

    /// Waits for a child and kills it when its time runs out; nil in that case.
    private static func end(of pid: Int32, within seconds: Int) throws(SystemError) -> Int32? {
        var isLate = false
        let deadline = SystemClock.monotonic() + Int64(seconds) * 1_000_000
        // Only this function waits for the child, so its pid cannot belong to another process.
        if let process = ProcessDescriptor(pid: pid) {
            while !isLate,
                !process.descriptor.isReadable(within: Int(max(0, deadline - SystemClock.monotonic()) / 1000))
            {
                isLate = SystemClock.monotonic() >= deadline
            }
        } else {
            // No descriptor is left: the child is polled.
            while !isLate, !hasEnded(pid) {
                usleep(20_000)
                isLate = SystemClock.monotonic() >= deadline
            }
        }
        if isLate { kill(pid, SIGKILL) }
        let status = try Command.awaitEnd(of: pid)
        return isLate ? nil : status
    }

    /// Whether a child has ended, without reaping it (waitid(2), WNOWAIT).
    private static func hasEnded(_ pid: Int32) -> Bool {
        var information = siginfo_t()
        guard waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT | WNOHANG) == 0 else { return true }
        // Zeroed where no child has ended.
        return information.si_signo != 0
    }

    /// Waits until a child has ended, without reaping it: it keeps its pid until ``awaitEnd(of:)`` (waitid(2),
    /// WNOWAIT).
    public static func awaitDeath(of pid: Int32) throws(SystemError) {
        var information = siginfo_t()
        _ = try retrying("wait for a process") { waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) }
    }

    /// Waits for the end of a child and reaps it (waitpid(2)).
    ///
    /// - Returns: the exit status, or 128 plus the signal that ended it.
    public static func awaitEnd(of pid: Int32) throws(SystemError) -> Int32 {
        var end: Int32 = 0
        _ = try retrying("wait for a process") { waitpid(pid, &end, 0) }
        return exitStatus(of: end)
    }

    /// Converts a status of waitpid(2): the exit status, or 128 plus the signal that ended the process.
    public static func exitStatus(of end: Int32) -> Int32 {
        clinux_exited(end) != 0 ? clinux_exit_status(end) : 128 + clinux_term_signal(end)
    }
}
