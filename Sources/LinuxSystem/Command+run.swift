internal import CLinux
internal import Glibc

extension Command {
    /// What came of a command that was waited for.
    public struct Outcome: Hashable, Sendable {
        /// The exit status, or 128 and the signal that ended it; nil when its time ran out.
        public let status: Int32?
        /// What it wrote on its standard output, as far as that was UTF-8.
        public let output: String
        /// What it wrote on its standard error.
        public let error: String
    }

    /// Runs the command in the root directory with an input and waits for its end. It is killed when its time runs out, and
    /// what it started may live on: for programs that start nothing.
    ///
    /// - Parameter seconds: the time that it has.
    public func run(input: String, within seconds: Int) throws(SystemError) -> Outcome {
        // Files that have no name: nothing can block on them as on a pipe, and nothing is left of them.
        let source = try unnamedFile()
        let output = try unnamedFile()
        let error = try unnamedFile()
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

    private func unnamedFile() throws(SystemError) -> Descriptor {
        Descriptor(owning: try retrying("make a file in memory") { clinux_memory_file() })
    }

    /// The end of a child, which is killed when its time runs out: then nil.
    private static func end(of pid: Int32, within seconds: Int) throws(SystemError) -> Int32? {
        var isLate = false
        // Nobody else waits for this child, so that its number cannot be another process's.
        if let process = ProcessDescriptor(pid: pid) {
            let deadline = Machine.steadyClock() + Int64(seconds) * 1_000_000
            while !isLate,
                !process.descriptor.isReadable(within: Int(max(0, deadline - Machine.steadyClock()) / 1000))
            {
                isLate = Machine.steadyClock() >= deadline
            }
            if isLate { try process.send(SIGKILL) }
        }
        let status = try Command.awaitEnd(of: pid)
        return isLate ? nil : status
    }

    /// Waits for the end of a process that this one has started, which keeps its number until ``awaitEnd(of:)`` takes it
    /// (waitid(2), WNOWAIT).
    public static func awaitDeath(of pid: Int32) throws(SystemError) {
        var information = siginfo_t()
        _ = try retrying("wait for a process") { waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) }
    }

    /// Waits for the end of a process that this one has started (waitpid(2)).
    ///
    /// - Returns: the exit status, or 128 and the signal that ended it.
    public static func awaitEnd(of pid: Int32) throws(SystemError) -> Int32 {
        var end: Int32 = 0
        _ = try retrying("wait for a process") { waitpid(pid, &end, 0) }
        return exitStatus(of: end)
    }

    /// What waitpid(2) says of an end: the exit status, or 128 and the signal that ended it.
    public static func exitStatus(of end: Int32) -> Int32 {
        clinux_exited(end) != 0 ? clinux_exit_status(end) : 128 + clinux_term_signal(end)
    }
}
