internal import CLinux
internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// One job's guardian: claims the start, runs the spider, ends what it leaves, writes the last status.
struct Shim: ~Copyable {
    /// The exit status of a shim that found the start claimed or superseded (EX_TEMPFAIL of sysexits.h).
    static let leave: Int32 = 75

    let assignment: Assignment
    let job: JobDirectory
    var status: JobStatus
    var stop = StopRequest()
    /// What ties a job on another machine than the engine's to the tree; nil on the engine's own.
    var post: Post?
    /// Whether Slurm will end everything soon.
    var isOnNotice = false
    /// When it is looked whether the spider has heard of the end that this process was told of; nil for never.
    var hearingDue: Int64?
    /// When the spider began, by the steady clock, and when its memory is looked at next.
    var begun: Int64?
    var nextMemoryLook: Int64 = 0
    /// When it is looked next, by the steady clock, whether the job still has a directory, and how often in a row it had none.
    var nextPlaceLook: Int64 = 0
    var placeMissed = 0
    private var signals: Signals
    /// Whether the names of the logs are on the disk when the last status is.
    private var vouchesForLogs = true

    /// Sees a job to its end.
    ///
    /// - Returns: the shim's own exit status; how the job ended stands in its status.
    static func run(_ assignment: Assignment) -> Int32 {
        let signals = Signals()
        setsid()
        umask(0o077)
        _ = clinux_become_subreaper()
        guard !assignment.isHeld || isLetGo() else { return leave }
        // Nothing of the daemon's but the lock goes further, and from another machine there is none.
        _ = clinux_close_from(assignment.post == nil ? 4 : 3)
        _ = fcntl(3, F_SETFD, FD_CLOEXEC)
        guard let directory = try? Directory(path: assignment.post?.directory ?? ".") else { return leave }
        let job = JobDirectory(directory)
        guard let status = try? job.status(),
            status.attemptToStart(isRemote: assignment.post != nil) == assignment.attempt
        else { return leave }
        var shim = Shim(assignment: assignment, job: job, status: status, signals: signals)
        return assignment.isWatch ? shim.watch() : shim.start()
    }

    /// Waits until the engine has published the start; false when it will not.
    private static func isLetGo() -> Bool {
        var byte: UInt8 = 0
        return read(4, &byte, 1) == 1
    }

    private init(
        assignment: Assignment, job: consuming JobDirectory, status: JobStatus, signals: Signals
    ) {
        self.assignment = assignment
        self.job = job
        self.status = status
        self.signals = signals
    }

    // MARK: Start

    private mutating func start() -> Int32 {
        // Exclusive wherever mkdir is, also where locks mean little: who makes it runs the job.
        guard (try? job.claim(assignment.attempt)) == true else { return Shim.leave }
        // Without a post nothing may be written: that the start was claimed in vain shows by its silence.
        guard (try? takePost()) == true else { return Shim.leave }
        // With much to copy the engine would take the job for lost.
        post?.giveSign()
        do throws(SystemError) {
            try prepareWork()
        } catch {
            return leaveUnprepared(error)
        }
        var isReady = false
        do throws(SystemError) {
            let out = try log("job.out")
            let error = try log("job.err")
            let alive = try job.directory.file("alive", O_RDWR | O_CREAT)
            // Between machines it means little, and some filesystems have no locks.
            if post == nil { _ = try alive.tryLock() }
            let null = try Directory(path: "/dev").file("null", O_RDWR)
            takeSignals(within: 0)
            guard stop.cause == nil else { return endUnstarted() }
            isReady = true
            // The spider holds `alive` as well: as long as anything of it lives, somebody can tell.
            var command = Command(
                path: assignment.command[0], arguments: assignment.command, environment: environment(),
                files: [null.number, out.number, error.number, alive.number])
            command.ownGroup = true
            command.account = assignment.account
            let spider = try command.spawn(in: try job.directory.directory(JobDirectory.work))
            try? alive.close()
            try? out.close()
            try? error.close()
            return attend(spider)
        } catch {
            // The tree cannot be written just now, and the engine can: it lets the job run again.
            if post != nil, !isReady { return Shim.leave }
            complain("the spider could not be started: \(error)")
            status[.reason] = "cannot-start"
            return finish(.failed, started: false)
        }
    }

    private func log(_ name: String) throws(SystemError) -> Descriptor {
        try job.directory.appendedFile(name)
    }

    private func environment() -> [String] {
        var variables: [String] = []
        var next = environ
        while let variable = next.pointee {
            variables.append(String(cString: variable))
            next += 1
        }
        return variables
    }

    /// Says in the job's own log what its owner should know.
    func complain(_ sentence: String) {
        guard let file = try? log("job.err") else { return }
        try? file.write(Array("scrapy-spool: \(sentence)\n".utf8))
    }

    // MARK: Attendance

    private mutating func attend(_ spider: Int32) -> Int32 {
        status[.pid] = Int(spider)
        status[.ticks] = ProcessIdentity(pid: spider)?.ticks
        status[.shim] = Int(getpid())
        status[.shimTicks] = ProcessIdentity(pid: getpid())?.ticks
        if let post { post.begin(status) } else { begin() }
        var end: Int32?
        var hasChildren = Descendants.reap { if $0 == spider { end = $1 } }
        while end == nil {
            if takeSignals(within: pause) {
                hasChildren = Descendants.reap { if $0 == spider { end = $1 } }
            }
            if end == nil, !keepPost() { return abandon() }
            seeWhetherPlaceIsGone()
            seeWhetherSpiderHasHeard()
            guard end == nil, let step = stop.dueStep(at: Machine.steadyClock(), grace: grace) else {
                continue
            }
            switch step {
            case .interrupt: interrupt(spider)
            case .terminate: kill(-spider, SIGTERM)
            case .kill: Descendants.signal(SIGKILL)
            }
        }
        status[.ended] = Timestamp(microseconds: Machine.wallClock())
        awaitNotice(after: end ?? 0)
        let cause = stop.cause
        if hasChildren { endLeftovers(after: end ?? 0, spider) }
        return conclude(end ?? 0, endedByItself(end ?? 0, cause) ? nil : cause ?? stop.cause)
    }

    /// Whether a spider that was not canceled ended by itself while this process was told to end: it is not to run again.
    ///
    /// - Parameter cause: why it was to be ended, when it ended.
    private func endedByItself(_ end: Int32, _ cause: StopRequest.Cause?) -> Bool {
        guard stop.cause == .terminated else { return false }
        // Those who end this machine's processes were late.
        guard cause != nil else { return true }
        return stop.lastStep == nil && clinux_exited(end) != 0 && SpiderLog.hasHeard(job) == false
    }

    /// Asks the spider to end.
    private func interrupt(_ spider: Int32) {
        // A child that nobody else reaps: the number is its own.
        guard let member = Addressee.find(from: spider, command: assignment.command), member.pid != spider else {
            kill(Addressee.isShell(spider) ? -spider : spider, SIGINT)
            return
        }
        Descendants.send(SIGINT, to: member)
    }

    /// Waits a moment for a signal to this process where the spider was ended by one: those who end everything tell one
    /// process after the other.
    private mutating func awaitNotice(after end: Int32) {
        guard stop.cause == nil else { return }
        let wasTold =
            clinux_signaled(end) != 0
            ? [SIGTERM, SIGINT, SIGHUP].contains(clinux_term_signal(end)) : SpiderLog.endsWithNotice(job)
        guard wasTold else { return }
        let deadline = Machine.steadyClock() + 1_000_000
        while stop.cause == nil, case let rest = deadline - Machine.steadyClock(), rest > 0 {
            takeSignals(within: rest)
        }
    }

    /// Ends what the spider left: a request first, then SIGKILL until nothing is left.
    private mutating func endLeftovers(after end: Int32, _ spider: Int32) {
        let known = stop.cause
        var patience: Int64 = stop.lastStep == .kill ? 0 : 3_000_000
        // A wrapper that a signal ended leaves the spider itself, which closes its feeds now.
        if known != nil, patience > 0, clinux_signaled(end) != 0 { patience = max(patience, Int64(grace) * 1_000_000) }
        let deadline = Machine.steadyClock() + patience
        // Not a second time to those who have it: for scrapy that is an order to stop at once.
        let hasGroup = stop.lastStep == .terminate
        if patience > 0 { Descendants.signal(SIGTERM) { !hasGroup || $0.group != spider } }
        while Descendants.reap({ _, _ in }) {
            let rest = deadline - Machine.steadyClock()
            let isOver = rest <= 0 || stop.cause != known
            if isOver { Descendants.signal(SIGKILL) }
            takeSignals(within: isOver ? 10_000 : rest)
        }
    }

    /// Takes a signal that came, or comes in time, and what came with it.
    ///
    /// - Returns: whether a child may have ended.
    @discardableResult
    private mutating func takeSignals(within microseconds: Int64?) -> Bool {
        var childEnded = false
        var limit = microseconds
        while let arrival = signals.next(within: limit) {
            limit = 0
            switch arrival.signal {
            case SIGCHLD: childEnded = true
            case SIGUSR1: stop.request(.cancel, at: Machine.steadyClock())
            default: beTerminated(by: arrival.sender)
            }
        }
        return childEnded
    }

    /// Publishes who is there. Without it the job goes on as well; only who adopts it knows it less well.
    private mutating func begin() {
        do throws(SpoolError) {
            try job.publish(status, tries: 1)
        } catch {
            // With the status, the names of the logs may be off the disk for good: a flush that failed is not made up for by
            // a later one.
            vouchesForLogs = false
        }
    }

    // MARK: End

    /// - Parameter cause: why the spider was ended; nil when it ended by itself.
    private mutating func conclude(_ end: Int32, _ cause: StopRequest.Cause?) -> Int32 {
        if clinux_exited(end) != 0 { status[.exit] = Int(clinux_exit_status(end)) }
        if clinux_signaled(end) != 0 { status[.signal] = Int(clinux_term_signal(end)) }
        switch cause {
        case .cancel: return finish(.canceled)
        case .limit, .memory:
            status[.reason] = cause == .limit ? "time-limit" : "memory-limit"
            return finish(.failed)
        case .terminated: return leaveForAnother()
        case nil: return finish(status[.exit] == 0 ? .successful : .failed)
        }
    }

    /// Waits for what a lost shim left behind; how the spider itself ended, nobody knows any more.
    private mutating func watch() -> Int32 {
        // Held open, it tells who is left also when the job's directory is removed.
        guard let alive = try? job.directory.file("alive", O_RDWR | O_CREAT) else { return Shim.leave }
        while (try? alive.tryLock()) == false {
            takeSignals(within: min(1_000_000, pause ?? 1_000_000))
            seeWhetherPlaceIsGone()
            seeWhetherSpiderHasHeard()
            guard let step = stop.dueStep(at: Machine.steadyClock(), grace: assignment.grace) else { continue }
            switch step {
            case .interrupt: interruptSurvivors(holding: alive)
            case .terminate: Survivors.signal(SIGTERM, holding: alive)
            case .kill: Survivors.signal(SIGKILL, holding: alive)
            }
        }
        if stop.cause == .terminated { return 0 }
        status[.ended] = Timestamp(microseconds: Machine.wallClock())
        status[.reason] = "shim-lost"
        return finish(stop.cause == .cancel ? .canceled : .failed)
    }

    /// Asks the spider to end, or all that is left where nobody knows which process it is.
    private func interruptSurvivors(holding alive: borrowing Descriptor) {
        guard let pid = status[.pid].flatMap({ Int32(exactly: $0) }), let ticks = status[.ticks],
            ProcessIdentity(pid: pid) == ProcessIdentity(pid: pid, ticks: ticks),
            let member = Addressee.find(from: pid, command: assignment.command)
        else { return Survivors.signal(SIGINT, holding: alive) }
        Descendants.send(SIGINT, to: member)
    }

    /// Writes the last status, and does not go before it stands, unless the job's directory is removed.
    mutating func finish(_ state: JobState, started: Bool = true) -> Int32 {
        // Nothing of the job lives any more. On the engine's machine it makes use of the copies.
        if post != nil { job.trimWork(onlySmall: true, within: 2_000_000) }
        status.state = state
        let now = Timestamp(microseconds: Machine.wallClock())
        if !started { status[.started] = nil }
        status[.ended] = status[.ended] ?? now
        status[.at] = status[.ended]
        if state == .canceled { status[.canceledBy] = canceler }
        status[.outBytes] = flush("job.out")
        status[.errBytes] = flush("job.err")
        var pause: Int64 = 100_000
        var missed = 0
        while true {
            do throws(SpoolError) {
                return try writeLast() ? 0 : Shim.leave
            } catch {
                // Nobody misses the status of a job without a directory. Asked again, for filesystems of which a part may be
                // away for a moment.
                missed += error.code == .missing || error.cause?.code == ESTALE || job.isRemoved ? 1 : 0
                if missed == 3 { return abandon() }
                for name in job.makeWayForStatus() {
                    complain("a directory stood in the way of the job's status, and is called \(name) now")
                }
                // The disk is full or ill: the lock stays taken and the job counts as running until it can be told. The
                // spool's root is three levels up.
                if error.code == .full { try? job.directory.directory("../../..").spendBallast() }
                takeSignals(within: pause)
                pause = min(pause * 2, 10_000_000)
            }
        }
    }

    /// Who has asked for the end of the job, if the request in `cancel/` says so.
    private var canceler: String? {
        // The spool's root is three levels up.
        let content = try? job.directory.directory("../../../cancel")
            .content("\(assignment.job)", limit: CancelRequest.limit)
        return content.flatMap { CancelRequest.requester(in: $0) }
    }

    /// Puts a log on the disk and says how much of it is there; nil when nobody can tell, so that the status does not
    /// vouch for it.
    private func flush(_ name: String) -> Int? {
        guard vouchesForLogs, let file = try? job.directory.foreignFile(name),
            let information = try? file.information(),
            (try? file.synchronize()) != nil
        else { return nil }
        return Int(information.size)
    }
}
