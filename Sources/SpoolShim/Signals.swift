internal import CLinux
internal import Glibc

/// The signals that a shim takes when it is ready for them (sigtimedwait(2)), so that none is lost and none interrupts.
struct Signals {
    /// A signal that was taken.
    struct Arrival {
        let signal: Int32
        /// The process that sent it, 0 for one outside of this PID namespace; nil where no process did.
        let sender: Int32?
    }

    private var set = sigset_t()

    /// Blocks the signals; those sent from here on wait until they are taken.
    init() {
        let signals = [SIGCHLD, SIGUSR1, SIGTERM, SIGINT, SIGHUP]
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        sigprocmask(SIG_BLOCK, &set, nil)
        // One that the parent ignores would never come, as under nohup(1).
        for number in signals { signal(number, SIG_DFL) }
    }

    /// The next signal, or nil when none came within that many microseconds (nil: waits without limit).
    mutating func next(within microseconds: Int64?) -> Arrival? {
        while true {
            var sender: pid_t = -1
            let signal: Int32
            if let microseconds {
                let span = max(0, microseconds)
                var limit = timespec(tv_sec: Int(span / 1_000_000), tv_nsec: Int(span % 1_000_000) * 1000)
                signal = clinux_take_signal(&set, &limit, &sender)
            } else {
                signal = clinux_take_signal(&set, nil, &sender)
            }
            if signal > 0 { return Arrival(signal: signal, sender: sender < 0 ? nil : sender) }
            if errno == EAGAIN { return nil }
        }
    }
}
