internal import CLinux
internal import Glibc

/// The signals of a shim. They stay blocked and are taken synchronously (sigtimedwait(2)), so that none is lost and
/// none interrupts a system call.
struct Signals {
    /// A signal that was taken.
    struct Arrival {
        let signal: Int32
        /// The process that sent it, 0 for one outside of this PID namespace; nil if no process sent it.
        let sender: Int32?
    }

    private var set = sigset_t()

    /// Blocks the signals; signals sent from here on stay pending until they are taken.
    init() {
        let signals = [SIGCHLD, SIGUSR1, SIGTERM, SIGINT, SIGHUP]
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        sigprocmask(SIG_BLOCK, &set, nil)
        // A signal that the parent ignores, as under nohup(1), would not become pending.
        for number in signals { signal(number, SIG_DFL) }
    }

    /// The next signal; nil if none comes within that many microseconds (nil: no limit).
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
