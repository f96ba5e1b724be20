internal import Glibc

/// The signals that a shim takes when it is ready for them (sigtimedwait(2)), so that none is lost and none interrupts.
struct Signals {
    private var set = sigset_t()

    /// Blocks the signals; those sent from here on wait until they are taken.
    init() {
        sigemptyset(&set)
        for signal in [SIGCHLD, SIGUSR1, SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, signal) }
        sigprocmask(SIG_BLOCK, &set, nil)
    }

    /// The next signal, or nil when none came within that many microseconds (nil: waits without limit).
    mutating func next(within microseconds: Int64?) -> Int32? {
        while true {
            let signal: Int32
            if let microseconds {
                let span = max(0, microseconds)
                var limit = timespec(tv_sec: Int(span / 1_000_000), tv_nsec: Int(span % 1_000_000) * 1000)
                signal = sigtimedwait(&set, nil, &limit)
            } else {
                signal = sigwaitinfo(&set, nil)
            }
            if signal > 0 { return signal }
            if errno == EAGAIN { return nil }
        }
    }
}
