internal import CLinux
internal import Glibc
internal import LinuxSystem

/// Runs one short command for the daemon. When the command, its time or the daemon ends, all processes that it started
/// are killed.
struct GuardedCommand: ~Copyable {
    /// The exit status if the command was stopped by its time limit; that of timeout(1).
    static let late: Int32 = 124
    /// The exit status if the command could not be started; that of a shell.
    private static let notStarted: Int32 = 127

    private let options: ShimOptions
    private var signals = Signals()

    /// Runs a command and waits for its end.
    ///
    /// - Returns: its exit status, 128 plus the signal that ended it, or the status for a command that was stopped or
    ///   not started.
    static func run(_ options: ShimOptions, limit: Int) -> Int32 {
        var guardian = GuardedCommand(options: options)
        return guardian.run(limit: limit)
    }

    private init(options: ShimOptions) {
        self.options = options
    }

    private mutating func run(limit: Int) -> Int32 {
        setsid()
        _ = clinux_become_subreaper()
        _ = clinux_end_with_parent()
        _ = clinux_close_from(3)
        if let size = options.fileSize, let data = options.dataSize {
            Host.limitBuilds(fileSize: size, data: data)
        }
        let deadline = SystemClock.monotonic() + Int64(limit) * 1_000_000
        let pid: Int32
        do throws(SystemError) {
            var order = Command(
                path: options.command[0], arguments: options.command, environment: Host.environment(),
                files: [0, 1, 2])
            order.account = options.account
            pid = try order.spawn(in: try Directory(path: "."))
        } catch {
            let line = Array("\(error)\n".utf8)
            _ = write(STDERR_FILENO, line, line.count)
            return GuardedCommand.notStarted
        }
        return end(of: pid, by: deadline)
    }

    private mutating func end(of pid: Int32, by deadline: Int64) -> Int32 {
        var end: Int32?
        var isStopped = false
        var status = GuardedCommand.late
        while end == nil, !isStopped {
            let rest = deadline - SystemClock.monotonic()
            let signal = rest > 0 ? signals.next(within: rest) : nil
            isStopped = signal?.signal != SIGCHLD
            // The command may have sent it to its process group, which this process belongs to.
            if isStopped, let signal { status = 128 + signal.signal }
            _ = Descendants.reap { child, status, _ in if child == pid { end = status } }
        }
        Descendants.killAll(with: &signals)
        guard let end else { return status }
        return Command.exitStatus(of: end)
    }
}
