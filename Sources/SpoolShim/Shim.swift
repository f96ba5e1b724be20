internal import CLinux
internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Supervises one job: claims the attempt, runs the spider, ends the processes that it leaves, writes the last status.
struct Shim: ~Copyable {
    /// The exit status of a shim that leaves the job to others, for example because the attempt was claimed or
    /// superseded (EX_TEMPFAIL of sysexits.h).
    static let leave: Int32 = 75

    let options: ShimOptions
    let job: JobDirectory
    var status: JobStatus
    var stop = Escalation()
    /// The lease of a job on another machine; nil on the engine's machine.
    var lease: RemoteLease?
    /// Whether Slurm will soon kill all processes of the job.
    var isOnNotice = false
    /// When to check whether the spider got the signal that this process got; nil for no check.
    var hearingDue: Int64?
    /// The rules that the job was asked for, and those by which a spider that exits with 0 is judged, without medians.
    var asked: [FailRule] = [], rules: [FailRule] = []
    /// The limits of the job, and what watches them while the spider runs.
    var limits = JobLimits()
    var watch: LimitWatch?
    /// When the job's directory is checked next, by the monotonic clock, and how many consecutive checks have failed.
    var nextPlaceLook: Int64 = 0
    var placeMissed = 0
    /// Whether the spider has a directory to report into, and its report at the end.
    var canReport = false
    var report: CrawlReport?
    /// The process that waits to become the spider; nil for a cold start.
    var warm: WarmSpider?
    /// The virtual environment that the spider runs in; nil for the server's Scrapy.
    var environmentPlace: String?
    /// The job's metadata, if they were read before the start.
    var knownMetadata: JobMetadata?
    /// Where the engine says that the start is durable; nil if that is said.
    var startPipe: StartPipe?
    private var signals: Signals
    /// Whether the names of the logs are durable when the last status is.
    private var vouchesForLogs = true

    /// Runs a job to its end.
    ///
    /// - Returns: the shim's own exit status; the job's outcome is in its status.
    static func run(_ options: ShimOptions) -> Int32 {
        let signals = Signals()
        setsid()
        umask(0o077)
        _ = clinux_become_subreaper()
        // Of the daemon's descriptors above 2 only the lock is kept, after it the pipe of a held start, and the socket to a
        // warm spider; on another machine there is none.
        _ = clinux_close_from(options.warm != nil ? 6 : options.isHeld ? 5 : options.remote == nil ? 4 : 3)
        for number: Int32 in 3...5 { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
        var startPipe = options.isHeld ? StartPipe() : nil
        let warm = takeWarmSpider(options)
        do {
            let job = JobDirectory(try Directory(path: options.remote?.directory ?? "."))
            // They never change, so they are read while the engine publishes the start. If they cannot be read, they are
            // read again, and the failure is handled.
            let metadata = options.isHeld ? try? job.metadata() : nil
            if let pipe = startPipe.take() {
                guard let signal = pipe.next() else { return leave }
                if signal == .prepare { startPipe = consume pipe }
            }
            let status = try job.status()
            guard status.attemptToStart(isRemote: options.remote != nil) == options.attempt else { return leave }
            var shim = Shim(options, job, status, signals, warm)
            shim.knownMetadata = metadata
            shim.startPipe = startPipe.take()
            return options.isWatch ? shim.awaitSurvivors() : shim.start()
        } catch {
            // Nothing is claimed: the engine starts the job again.
            return leave
        }
    }

    private init(
        _ options: ShimOptions, _ job: consuming JobDirectory, _ status: JobStatus, _ signals: Signals,
        _ warm: consuming WarmSpider?
    ) {
        (self.options, self.status, self.signals) = (options, status, signals)
        self.job = job
        self.warm = warm
    }

    // MARK: Start

    private mutating func start() -> Int32 {
        // mkdir(2) is exclusive also where locks are not reliable: the shim that creates the directory runs the job.
        // Without a claim, the engine starts the job again.
        guard (try? job.claim(options.attempt)) == true else { return Shim.leave }
        // Without the lease nothing may be written. The engine notices a useless claim by the missing heartbeat.
        guard (try? takeLease()) == true else { return Shim.leave }
        // Copying may take so long that the engine would treat the job as lost.
        lease?.beat()
        do throws(SystemError) {
            try prepareWork()
        } catch {
            return leaveUnstarted(.fill, error)
        }
        var step = StartStep.open
        do throws(SystemError) {
            let out = try log("job.out")
            let error = try log("job.err")
            let alive = try job.directory.file("alive", O_RDWR | O_CREAT)
            // Locks are not reliable between machines, and some filesystems have none.
            if lease == nil { try Shim.take(alive) }
            let null = try Directory(path: "/dev").file("null", O_RDWR)
            prepareReport()
            step = .environment
            let environment = try environment()
            guard isStartDurable() else { return leaveGivenUp() }
            takeSignals(within: 0)
            guard stop.cause == nil else { return endUnstarted() }
            step = .spawn
            // The spider inherits `alive`: as long as one of its processes is alive, the lock shows it.
            let words =
                environmentPlace.map { [VersionEnvironment.scrapy(in: $0)] + options.command.dropFirst() }
                ?? options.command
            var command = Command(
                path: words[0], arguments: words, environment: environment,
                files: [null.number, out.number, error.number, alive.number])
            command.ownGroup = true
            command.account = options.account
            let spider = try spawn(command)
            // The spider writes to its own copies of these descriptors, so closing them here reports nothing.
            _ = consume alive
            _ = consume out
            _ = consume error
            explainRules()
            return supervise(spider)
        } catch {
            // The tree cannot be written from here at the moment, but from the engine: it starts the job again.
            if lease != nil, step != .spawn, error.code != EFBIG { return Shim.leave }
            // Its environment was deleted just now.
            let hasNoProgram = environmentPlace != nil && error.code == ENOENT
            return leaveUnstarted(step == .spawn && hasNoProgram ? .open : step, error)
        }
    }

    /// Takes the lock that shows that the job is alive.
    ///
    /// For a moment a process holds it that looks whether the job is alive, or one that such a process has just forked.
    private static func take(_ alive: borrowing Descriptor) throws(SystemError) {
        for _ in 0..<100 {
            if try alive.tryLock() { return }
            usleep(10_000)
        }
    }

    private func log(_ name: String) throws(SystemError) -> Descriptor {
        try job.directory.appendedFile(name)
    }

    /// Writes a message into the job's own log.
    func logToJob(_ sentence: String) {
        // A message that cannot be written is lost; the status has the outcome.
        try? log("job.err").write(Array("scrapy-spool: \(sentence)\n".utf8))
    }

    // MARK: Supervision

    private mutating func supervise(_ spider: Int32) -> Int32 {
        status[.pid] = Int(spider)
        status[.ticks] = ProcessIdentity(pid: spider)?.ticks
        status[.shim] = Int(getpid())
        status[.shimTicks] = ProcessIdentity(pid: getpid())?.ticks
        if let lease { lease.begin(status) } else { begin() }
        beginLimits()
        var end: Int32?
        var usage = rusage()
        func reap() -> Bool {
            Descendants.reap { child, childEnd, childUsage in
                if child == spider { (end, usage) = (childEnd, childUsage) }
            }
        }
        var hasChildren = reap()
        while end == nil {
            if takeSignals(within: pause) { hasChildren = reap() }
            if end == nil, !keepPost() { return abandon() }
            seeWhetherPlaceIsGone()
            seeWhetherSpiderHasHeard()
            if end == nil { keepLimits() }
            guard end == nil, let step = stop.dueStep(at: SystemClock.monotonic(), grace: grace) else {
                continue
            }
            switch step {
            case .interrupt: interrupt(spider)
            case .terminate: kill(-spider, SIGTERM)
            case .kill: Descendants.signal(SIGKILL)
            }
        }
        status[.ended] = Timestamp(microseconds: SystemClock.wall())
        noteUsage(usage)
        takeReport()
        awaitNotice(after: end ?? 0)
        let cause = stop.cause
        if hasChildren { endLeftovers(after: end ?? 0, spider) }
        return recordExit(end ?? 0, endedByItself(end ?? 0, cause) ? nil : cause ?? stop.cause)
    }

    /// Whether a spider ended by itself although this process was asked to terminate. Such a job is not run again.
    ///
    /// - Parameter cause: the reason for stopping at the time when the spider ended.
    private func endedByItself(_ end: Int32, _ cause: Escalation.Cause?) -> Bool {
        guard stop.cause == .terminated else { return false }
        // It reports that it was shut down.
        guard report?.wasShutDown != true else { return false }
        // The request to terminate came after the end of the spider.
        guard cause != nil else { return true }
        return stop.lastStep == nil && clinux_exited(end) != 0 && SpiderLog.hasHeard(job) == false
    }

    /// Sends SIGINT to the spider.
    private func interrupt(_ spider: Int32) {
        // Only this process reaps the child, so the pid is still the child's.
        guard let member = Addressee.find(from: spider, command: options.command), member.pid != spider else {
            kill(Addressee.isShell(spider) ? -spider : spider, SIGINT)
            return
        }
        Descendants.send(SIGINT, to: member)
    }

    /// If a signal ended the spider, waits a moment for one to this process: a shutdown signals one process after the
    /// other.
    private mutating func awaitNotice(after end: Int32) {
        guard stop.cause == nil else { return }
        let wasTold =
            clinux_signaled(end) != 0
            ? [SIGTERM, SIGINT, SIGHUP].contains(clinux_term_signal(end)) : SpiderLog.endsWithNotice(job)
        guard wasTold || report?.wasShutDown == true else { return }
        let deadline = SystemClock.monotonic() + 1_000_000
        while stop.cause == nil, case let rest = deadline - SystemClock.monotonic(), rest > 0 {
            takeSignals(within: rest)
        }
    }

    /// Ends the processes that the spider left: SIGTERM first, then SIGKILL until none is left.
    private mutating func endLeftovers(after end: Int32, _ spider: Int32) {
        let known = stop.cause
        var patience: Int64 = stop.lastStep == .kill ? 0 : 3_000_000
        // A wrapper that was ended by a signal may leave the spider itself, which is closing its feeds.
        if known != nil, patience > 0, clinux_signaled(end) != 0 { patience = max(patience, Int64(grace) * 1_000_000) }
        let deadline = SystemClock.monotonic() + patience
        // Processes that already got SIGTERM get no second one: scrapy would stop at once.
        let hasGroup = stop.lastStep == .terminate
        if patience > 0 { Descendants.signal(SIGTERM) { !hasGroup || $0.group != spider } }
        while Descendants.reap({ _, _, _ in }) {
            let rest = deadline - SystemClock.monotonic()
            let isOver = rest <= 0 || stop.cause != known
            if isOver { Descendants.signal(SIGKILL) }
            takeSignals(within: isOver ? 10_000 : rest)
        }
    }

    /// Handles the next signal, if one comes in time, and all that are pending after it.
    ///
    /// - Returns: whether a child may have ended.
    @discardableResult
    mutating func takeSignals(within microseconds: Int64?) -> Bool {
        var childEnded = false
        var limit = microseconds
        while let arrival = signals.next(within: limit) {
            limit = 0
            switch arrival.signal {
            case SIGCHLD: childEnded = true
            case SIGUSR1:
                stop.request(.cancel, at: SystemClock.monotonic())
                if let step = CancelRequest.step(in: cancelRequest) { stop.skip(to: step, at: SystemClock.monotonic()) }
            default: beTerminated(by: arrival.sender)
            }
        }
        return childEnded
    }

    /// Publishes the pids. A failure does not affect the job: an engine that adopts it only knows less.
    private mutating func begin() {
        do throws(SpoolError) {
            try job.publish(status, tries: 1)
        } catch {
            // The names of the logs may be lost together with the status: a later flush does not make up for one that
            // failed.
            vouchesForLogs = false
        }
    }

    // MARK: End

    /// - Parameter cause: why the spider was ended; nil if it ended by itself.
    private mutating func recordExit(_ end: Int32, _ cause: Escalation.Cause?) -> Int32 {
        if clinux_exited(end) != 0 { status[.exit] = Int(clinux_exit_status(end)) }
        if clinux_signaled(end) != 0 { status[.signal] = Int(clinux_term_signal(end)) }
        switch cause {
        case .cancel: return finish(.canceled)
        case .limit, .memory, .stall:
            status[.reason] = cause?.reason
            return finish(.failed)
        case .linger:
            status[.reason] = cause?.reason
            return finish(judge(watch?.lingeringReport ?? report))
        case .terminated: return leaveForAnother()
        case nil:
            guard status[.exit] == 0 else {
                guard !hasLostEnvironment() else {
                    status[.exit] = nil
                    return leaveForAnother()
                }
                return finish(.failed)
            }
            return finish(judge(report))
        }
    }

    /// Writes the last status and exits only when it is durable, or when the job's directory was removed.
    mutating func finish(_ state: JobState, started: Bool = true) -> Int32 {
        // No process of the job is left. On the engine's machine the engine reuses the copies.
        if lease != nil { job.trimWork(onlySmall: true, within: 2_000_000) }
        status.state = state
        let now = Timestamp(microseconds: SystemClock.wall())
        if !started { status[.started] = nil }
        status[.ended] = status[.ended] ?? now
        status[.at] = status[.ended]
        if state == .canceled { status[.canceledBy] = canceler }
        status[.outBytes] = flush("job.out")
        status[.errBytes] = flush("job.err")
        if report != nil { flushReport() }
        var pause: Int64 = 100_000
        var missed = 0
        while true {
            do throws(SpoolError) {
                return try writeLast() ? 0 : Shim.leave
            } catch {
                // A job without a directory needs no status. The check is repeated for filesystems of which a part may
                // be unavailable for a moment.
                missed += error.code == .missing || error.cause?.code == ESTALE || job.isRemoved ? 1 : 0
                if missed == 3 { return abandon() }
                for name in job.makeWayForStatus() {
                    logToJob("a directory stood in the way of the job's status, and is called \(name) now")
                }
                // The disk is full or fails: the lock stays held and the job counts as running until the status can be
                // written. The spool's root is three levels up.
                if error.code == .full, let root = job.directory.directoryIfAny("../../..") { root.spendBallast() }
                takeSignals(within: pause)
                pause = min(pause * 2, 10_000_000)
            }
        }
    }

    /// The requester of the cancellation, if the request in `cancel/` names one.
    private var canceler: String? { CancelRequest.requester(in: cancelRequest) }

    /// The content of the request in `cancel/`; empty if it cannot be read.
    private var cancelRequest: [UInt8] {
        // The spool's root is three levels up.
        // The content is for people, or makes the end come sooner; the job ends without it as well.
        let content = try? job.directory.directory("../../../cancel")
            .content("\(options.job)", limit: CancelRequest.limit)
        return content ?? []
    }

    /// Flushes a log and returns its length; nil if it is not certain to be durable, so that the status does not vouch
    /// for it.
    private func flush(_ name: String) -> Int? {
        guard vouchesForLogs else { return nil }
        do throws(SystemError) {
            let file = try job.directory.foreignFile(name)
            let size = try file.information().size
            try file.synchronizeContent()
            return Int(size)
        } catch {
            return nil
        }
    }
}
