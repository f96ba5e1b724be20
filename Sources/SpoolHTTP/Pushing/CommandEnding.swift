internal import Glibc

/// The end of a failed `scrapy list`.
struct CommandEnding {
    /// The exit status, or 128 and the number of a signal.
    let status: Int32
    /// Whether Scrapy was reached.
    let hasBegun: Bool

    /// Signals, with their usual causes unless a user sent them.
    private static let signals: [Int32: (name: String, cause: String?)] = [
        SIGKILL: ("SIGKILL", "usually by the system when memory runs out (see `journalctl -k`)"),
        SIGSEGV: ("SIGSEGV", "usually by a mistake in a compiled package"),
        SIGBUS: ("SIGBUS", "usually by a mistake in a compiled package, or a disk that is full"),
        SIGABRT: ("SIGABRT", "usually by a mistake in a compiled package"),
        SIGFPE: ("SIGFPE", "usually by a mistake in a compiled package"),
        SIGILL: ("SIGILL", "usually by a package that was compiled for another processor"),
        SIGSYS: ("SIGSYS", "usually by a sandbox that forbids a system call"),
        SIGXCPU: ("SIGXCPU", "by a limit of processor time"),
        SIGXFSZ: ("SIGXFSZ", "by a limit of the size of files"),
        SIGTERM: ("SIGTERM", nil), SIGINT: ("SIGINT", nil), SIGHUP: ("SIGHUP", nil), SIGQUIT: ("SIGQUIT", nil),
        SIGTRAP: ("SIGTRAP", nil), SIGUSR1: ("SIGUSR1", nil), SIGUSR2: ("SIGUSR2", nil), SIGALRM: ("SIGALRM", nil),
    ]

    /// The text after `Unable to get the list of spiders`; empty if the command's own output is enough.
    func reason(whenSilent isSilent: Bool) -> String {
        if let (name, cause) = CommandEnding.signals[status - 128] {
            let silence = isSilent ? " and said nothing" : ""
            return ": `scrapy list` was ended by signal \(status - 128) (\(name))\(silence)"
                + (cause.map { ", \($0)" } ?? "")
        }
        guard isSilent else { return "" }
        let cause =
            switch status {
            // Python's own, where it cannot flush its output at its end (sys.exit(), Python 3.6 and later).
            case 120: ": its output could not be written, usually because there is no space left on the disk"
            case 126, 127: ": does the setting `scrapy` name a program that can be run?"
            default:
                hasBegun
                    ? ": usually a module of the project ends the program while it is loaded, as `sys.exit()` does"
                    : ": run it in the project's directory to see more"
            }
        return ": `scrapy list` ended with exit status \(status) and said nothing\(cause)"
    }
}
