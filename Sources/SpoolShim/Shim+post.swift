internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// What a shim does besides when the engine is on another machine.
extension Shim {
    /// Between two looks at what the post has heard.
    private static let lookInterval: Int64 = 500_000
    /// Between two looks at the memory.
    private static let memoryInterval: Int64 = 2_000_000
    /// Microseconds for a spider to get a signal that came to this process as well, and to write so in its log.
    private static let hearingTime: Int64 = 2_000_000

    /// Takes the pen of the start that was claimed, where that is needed; false when the engine has given the start up.
    mutating func takePost() throws(SystemError) -> Bool {
        guard let orders = assignment.post else { return true }
        guard let post = try Post(orders, id: assignment.job, attempt: assignment.attempt) else { return false }
        self.post = post
        let now = Machine.wallClock()
        status.state = .running
        status[.at] = Timestamp(microseconds: now)
        status[.started] = status[.at]
        status[.node] = orders.node
        status[.slurmJob] = orders.slurmJob
        status[.boot] = Machine.bootID()
        return true
    }

    /// Microseconds for which there is nothing to do, if no signal comes; nil: for ever.
    var pause: Int64? {
        let now = Machine.steadyClock()
        let times = [
            stop.microsecondsToNextStep(at: now), hearingDue.map { max(0, $0 - now) },
            post == nil ? nil : Shim.lookInterval,
            stop.cause == nil ? max(0, nextPlaceLook - now) : nil,
        ]
        return times.compactMap(\.self).min()
    }

    /// Seconds from one step of ending the job to the next. After Slurm's SIGTERM all of them have to come before its SIGKILL,
    /// with time left to write what became of the job.
    var grace: Int {
        guard let post, isOnNotice else { return assignment.grace }
        return min(assignment.grace, max(1, (post.orders.killWait - 2) / 2))
    }

    /// Somebody has sent SIGTERM: Slurm, who is told to when a job is canceled, and who has told the spider as well; or
    /// whoever ends this machine's processes, who mostly has.
    ///
    /// For scrapy a second signal is an order to stop at once, so the spider gets none before `grace` is over, unless it is
    /// clear that this process alone was meant.
    mutating func beTerminated(by sender: Int32?) {
        let now = Machine.steadyClock()
        let isFirst = stop.cause == nil
        if post != nil { isOnNotice = true }
        stop.requestAgain(post != nil && isCancelRequested ? .cancel : .terminated, at: now, grace: grace)
        // Process 1, here or outside of a container, ends everything.
        guard post == nil, isFirst, let sender, sender > 1 else { return }
        hearingDue = now + min(Shim.hearingTime, Int64(grace) * 500_000)
    }

    /// Asks the spider to end that has not heard of the end that this process was told of.
    mutating func seeWhetherSpiderHasHeard() {
        let now = Machine.steadyClock()
        guard let due = hearingDue, due <= now else { return }
        hearingDue = nil
        // Where the log does not show it, the spider may have heard.
        if SpiderLog.hasHeard(job) == false { stop.interruptAfterAll(at: now) }
    }

    private var isCancelRequested: Bool { job.directory.contains("../../../cancel/\(assignment.job)") }

    /// Does what follows from what the post has heard, and from the job's limits.
    ///
    /// - Returns: false when the job is this shim's no more, or may be taken for lost.
    mutating func keepPost() -> Bool {
        guard let post else { return true }
        post.giveSign()
        let now = Machine.steadyClock()
        let news = post.latest
        if news.isSuperseded || post.isCutOff { return false }
        if news.isCanceled { stop.request(.cancel, at: now) }
        let begun = begun ?? now
        self.begun = begun
        if post.orders.limit > 0, now - begun >= Int64(post.orders.limit) * 1_000_000 {
            stop.request(.limit, at: now)
        }
        if post.orders.memory > 0, now >= nextMemoryLook {
            nextMemoryLook = now + Shim.memoryInterval
            if stop.cause == nil, Descendants.memory() > post.orders.memory {
                stop.request(.memory, at: now)
                stop.hurry(at: now)
            }
        }
        return true
    }

    /// Ends everything and leaves, without a word: what becomes of the job is somebody else's to say.
    mutating func abandon() -> Int32 {
        while Descendants.reap({ _, _ in }) {
            Descendants.signal(SIGKILL)
            usleep(10_000)
        }
        return Shim.leave
    }

    /// Leaves a job that was ended with this machine's processes, and not for its own sake: the next engine puts it back.
    mutating func leaveForAnother() -> Int32 {
        status[.reason] = JobStatus.terminated
        // Without this word the job counts as interrupted, and runs again as well.
        if let post { _ = try? post.publish(status) } else { try? job.publish(status) }
        return 0
    }

    /// Ends a job that somebody wanted to end before its spider was there.
    mutating func endUnstarted() -> Int32 {
        guard stop.cause == .terminated else { return finish(.canceled, started: false) }
        return leaveForAnother()
    }

    /// Writes the last status; false when somebody else has taken that over.
    func writeLast() throws(SpoolError) -> Bool {
        guard let post else {
            try job.finish(status)
            return true
        }
        do throws(SystemError) {
            return try post.finish(status)
        } catch {
            throw SpoolError(error, while: "write the job's status")
        }
    }
}

extension JobStatus {
    /// The attempt that a shim may claim.
    ///
    /// - Parameter isRemote: whether the shim is on another machine, where a job runs only once it was claimed.
    func attemptToStart(isRemote: Bool) -> String? {
        if isRemote { return state == .pending ? remoteAttempt : nil }
        return state == .running && remoteAttempt == nil ? self[.attempt] : nil
    }
}
