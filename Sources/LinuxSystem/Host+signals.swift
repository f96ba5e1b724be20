internal import CLinux
internal import Glibc

extension Host {
    /// Resets signals to their default dispositions and unblocks them. A process inherits ignored and blocked signals
    /// from its parent (signal(7)): with SIGCHLD ignored it cannot wait for children, with SIGTERM blocked it does not
    /// get it.
    public static func takeBack(_ signals: [Int32]) {
        var set = sigset_t()
        sigemptyset(&set)
        for number in signals {
            signal(number, SIG_DFL)
            sigaddset(&set, number)
        }
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// Makes a write to a pipe or socket without a reader fail with EPIPE instead of ending this process.
    public static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }
}
