internal import Glibc

extension Machine {
    /// Gives signals their default dispositions and unblocks them. Whatever the parent process ignored or blocked is
    /// inherited otherwise (signal(7)): with SIGCHLD ignored no child can be waited for, with SIGTERM blocked none comes.
    public static func takeBack(_ signals: [Int32]) {
        var set = sigset_t()
        sigemptyset(&set)
        for number in signals {
            signal(number, SIG_DFL)
            sigaddset(&set, number)
        }
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// Makes a write to a pipe or socket without a reader fail with EPIPE, instead of ending this process.
    public static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }
}
