internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// The additional work of a shim on another machine than the engine's.
extension Shim {
    /// Microseconds between two checks of the lease's facts.
    private static let lookInterval: Int64 = 500_000
    /// Microseconds for a spider to get a signal that this process got as well, and to log it.
    private static let hearingTime: Int64 = 2_000_000

    /// Acquires the lease of the claimed attempt if one is needed; false if the engine has revoked it.
    mutating func takeLease() throws(SystemError) -> Bool {
        guard let remote = options.remote else { return true }
        guard let lease = try RemoteLease(remote, id: options.job, attempt: options.attempt) else { return false }
        self.lease = lease
        let now = SystemClock.wall()
        status.state = .running
        status[.at] = Timestamp(microseconds: now)
        status[.started] = status[.at]
        status[.node] = remote.node
        status[.slurmJob] = remote.slurmJob
        status[.boot] = Host.bootID()
        return true
    }

    /// Microseconds until there is something to do, unless a signal comes; nil for no limit.
    var pause: Int64? {
        let now = SystemClock.monotonic()
        let times = [
            stop.microsecondsToNextStep(at: now), hearingDue.map { max(0, $0 - now) },
            lease == nil ? nil : Shim.lookInterval,
            stop.cause == nil ? max(0, nextPlaceLook - now) : nil,
            stop.cause == nil || stop.cause == .memory
                ? watch?.microsecondsToNextLook(at: now, isStopping: stop.cause != nil) : nil,
        ]
        return times.compactMap(\.self).min()
    }

    /// Seconds from one step of ending the job to the next. After Slurm's SIGTERM, all steps have to come before its
    /// SIGKILL, with time left to write the last status.
    var grace: Int {
        guard let lease, isOnNotice else { return options.grace }
        return min(options.grace, max(1, (lease.remote.killWait - 2) / 2))
    }

    /// Handles SIGTERM, SIGINT or SIGHUP. Slurm sends SIGTERM when a job is canceled, and to the spider as well. A
    /// shutdown of this machine usually signals the spider as well.
    ///
    /// Scrapy takes a second signal as an order to stop at once. So the spider gets none before `grace` is over, unless
    /// it is clear that only this process was signaled.
    mutating func beTerminated(by sender: Int32?) {
        let now = SystemClock.monotonic()
        let isFirst = stop.cause == nil
        if lease != nil { isOnNotice = true }
        stop.requestAgain(lease != nil && isCancelRequested ? .cancel : .terminated, at: now, grace: grace)
        // Process 1, in a container or outside of it, ends all processes.
        guard lease == nil, isFirst, let sender, sender > 1 else { return }
        hearingDue = now + min(Shim.hearingTime, Int64(grace) * 500_000)
    }

    /// Sends SIGINT to a spider whose log shows that it did not get the signal that this process got.
    mutating func seeWhetherSpiderHasHeard() {
        let now = SystemClock.monotonic()
        guard let due = hearingDue, due <= now else { return }
        hearingDue = nil
        // If the log shows no such messages, the spider may have got it.
        if SpiderLog.hasHeard(job) == false { stop.interruptAfterAll(at: now) }
    }

    private var isCancelRequested: Bool { job.directory.contains("../../../cancel/\(options.job)") }

    /// Acts on the lease's facts.
    ///
    /// - Returns: false if the job no longer belongs to this shim, or may be treated as lost.
    mutating func keepPost() -> Bool {
        guard let lease else { return true }
        lease.beat()
        let now = SystemClock.monotonic()
        let news = lease.latest
        if news.isSuperseded || lease.isCutOff { return false }
        if news.isCanceled { stop.request(.cancel, at: now) }
        return true
    }

    /// Kills all descendants and exits without writing a status: another process decides about the job.
    mutating func abandon() -> Int32 {
        while Descendants.reap({ _, _, _ in }) {
            Descendants.signal(SIGKILL)
            usleep(10_000)
        }
        return Shim.leave
    }

    /// Leaves a job that was terminated with this machine's processes and not canceled: the next engine requeues it.
    mutating func leaveForAnother() -> Int32 {
        status[.reason] = JobStatus.terminated
        // Without this reason the job counts as interrupted and is run again as well.
        if let lease { _ = try? lease.publish(status) } else { try? job.publish(status) }
        return 0
    }

    /// Ends a job whose end was requested before its spider was started.
    mutating func endUnstarted() -> Int32 {
        guard stop.cause == .terminated else { return finish(.canceled, started: false) }
        return leaveForAnother()
    }

    /// Writes the last status; false if the lease was revoked.
    func writeLast() throws(SpoolError) -> Bool {
        guard let lease else {
            try job.finish(status, keepsOrder: job.directory.keepsOrder())
            return true
        }
        do throws(SystemError) {
            return try lease.finish(status)
        } catch {
            throw SpoolError(error, while: "write the job's status")
        }
    }
}

extension JobStatus {
    /// The attempt that a shim may claim; nil if there is none.
    ///
    /// - Parameter isRemote: whether the shim is on another machine. There the status becomes RUNNING only after the
    ///   claim.
    func attemptToStart(isRemote: Bool) -> String? {
        if isRemote { return state == .pending ? remoteAttempt : nil }
        return state == .running && remoteAttempt == nil ? self[.attempt] : nil
    }
}
