internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// A shim that is started for the processes that a lost one left.
extension Shim {
    /// Waits for the processes that a lost shim left. The exit status of the spider is not known any more.
    mutating func awaitSurvivors() -> Int32 {
        // The open file identifies these processes even after the job's directory was removed.
        // The next engine starts another watch.
        guard let alive = try? job.directory.file("alive", O_RDWR | O_CREAT) else { return Shim.leave }
        // They are not this process's descendants, so the sum of their memory is not known. Without readable metadata
        // they have no limits, and end by themselves.
        if let options = try? job.metadata().options { take(options) }
        limits.memory = nil
        canReport = true
        let passed = status[.started].map { (SystemClock.wall() - $0.microseconds) / 1_000_000 } ?? 0
        beginLimits(after: Int(passed))
        // Processes may be alive while the lock cannot be tested.
        while (try? alive.tryLock()) != true {
            takeSignals(within: min(1_000_000, pause ?? 1_000_000))
            seeWhetherPlaceIsGone()
            seeWhetherSpiderHasHeard()
            keepLimits()
            guard let step = stop.dueStep(at: SystemClock.monotonic(), grace: options.grace) else { continue }
            switch step {
            case .interrupt: interruptSurvivors(holding: alive)
            case .terminate: Survivors.signal(SIGTERM, holding: alive)
            case .kill: Survivors.signal(SIGKILL, holding: alive)
            }
        }
        if stop.cause == .terminated { return 0 }
        status[.ended] = Timestamp(microseconds: SystemClock.wall())
        let limit = stop.cause == .linger ? nil : stop.cause?.reason
        status[.reason] = limit ?? "shim-lost"
        return finish(stop.cause == .cancel ? .canceled : .failed)
    }

    /// Sends SIGINT to the spider, or to all processes that are left if the spider's pid is not known.
    private func interruptSurvivors(holding alive: borrowing Descriptor) {
        guard let pid = status[.pid].flatMap({ Int32(exactly: $0) }), let ticks = status[.ticks],
            ProcessIdentity(pid: pid) == ProcessIdentity(pid: pid, ticks: ticks),
            let member = Addressee.find(from: pid, command: options.command)
        else { return Survivors.signal(SIGINT, holding: alive) }
        Descendants.send(SIGINT, to: member)
    }
}
