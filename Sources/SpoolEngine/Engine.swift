internal import Glibc
internal import LinuxSystem
internal import Logging
internal import ProjectPython
internal import Slurm
internal import SpoolModel
internal import SpoolStore

/// The engine of one spool: starts pending jobs, fires schedules, ends canceled jobs, and adopts running ones.
///
/// It belongs to one thread, which sleeps until a directory changes, a shim ends, or a timer fires. Its whole state can
/// be read again from the tree at any moment: an event only names the place to read.
final class Engine {
    /// Keys of the event queue: the engine's own descriptors, then the shims.
    enum Key {
        static let inotify: UInt64 = 0
        static let timer: UInt64 = 1
        static let bell: UInt64 = 2
        static let spare: UInt64 = 3
        static let firstShim: UInt64 = 16
    }

    /// The watched directories.
    private enum Place: CaseIterable {
        case root, active, cancel, incoming, projects
    }

    let spool: Spool
    let live: Locked<EngineSettings>
    let logger: Logger
    let counters: JobCounters
    let janitor: Janitor
    let workshop: Workshop
    /// Called when deliveries to hooks may wait in their outboxes.
    let onDelivery: @Sendable () -> Void
    /// When this server began, in microseconds: what is older was made by another one.
    let begun: Int64
    let bootID = Host.bootID()
    let hostname = Host.hostname()
    /// The known jobs, and the decisions about them.
    var reconciler = Reconciler(at: Timestamp(microseconds: SystemClock.wall()))
    /// Jobs whose shim reported that it could not begin, with its error.
    var unprepared: [JobID: SystemError] = [:]
    /// The last log message about each lasting condition, so that it is not repeated.
    var remarks = Remarks()
    /// Projects whose declared schedules could not be put in force yet.
    var unenforced: Set<ProjectName> = []
    /// Jobs whose end is announced to hooks and whose mark could not be removed yet.
    var announcedEnds: Set<JobID> = []
    /// Jobs whose marks this engine has removed and that it does not know any more, until the events of the removals.
    var ownRemovals: Set<JobID> = []
    /// The start of a job that is being created.
    var early: EarlyStart?
    var spares = SpareState()
    /// The processes from which spiders start warm.
    let warm: WarmStarts
    /// The last successful runs, for rules that compare with them.
    var pastRuns = PastRuns()
    /// Submissions that became jobs and cannot be removed.
    var ledger = SubmissionLedger()
    /// The state of the polling of Slurm and of the tree.
    var remoteWork = RemoteWork()
    let slurmClient: SlurmClient
    /// Builds Python environments that jobs wait for.
    let restorer: EnvironmentRestorer
    /// Environments that are missing, by the project whose jobs wait for them.
    var missingEnvironments: [ProjectName: MissingEnvironment] = [:]
    var generator = SystemRandomNumberGenerator()

    let queue: EventQueue
    let inotify: Inotify
    private let timer: WallTimer
    private let bell: EngineControl
    let hold: HoldWatch
    private var places: [Int32: Place] = [:]
    /// The watched day directories of jobs with a watched shim, by inotify watch: they show when such a job is removed.
    var days: [Int32: String] = [:]
    var shims: [UInt64: Shim] = [:]
    /// The event queue's key of each watched shim.
    var keys: [JobID: UInt64] = [:]
    var nextKey = Key.firstShim
    private var nextLook = Timestamp(microseconds: 0)
    /// The most microseconds that the wall clock was ahead of the steady one since the engine last checked whether it
    /// was set back.
    private var lead = SystemClock.wall() - SystemClock.monotonic()
    private var roomState = DiskSpace.State.ok
    private var hasJanitor = false
    /// The module by which crawls report; nil until it is in the spool.
    var reportHook: ReportHook?

    var now: Timestamp {
        let now = SystemClock.wall()
        // If the clock is set forward and back between two checks, times read in between are ahead.
        lead = max(lead, now - SystemClock.monotonic())
        return Timestamp(microseconds: now)
    }
    var moment: Reconciler.Moment { Reconciler.Moment(wall: now, steady: SystemClock.monotonic()) }
    var settings: EngineSettings { live.value }
    /// Whether starts are suspended, because the tree is a copy that was not released, or may be one.
    var isHeld: Bool { reconciler.isHeld }
    /// Whether other machines write to the spool. inotify does not report their writes.
    var isShared: Bool { settings.isShared }
    var executor: ShimLauncher {
        ShimLauncher(settings: settings, spool: spool.path, report: settings.hasReports ? reportHook : nil)
    }

    /// An engine for a spool whose engine lock the caller has.
    init(
        spool: Spool, settings: Locked<EngineSettings>, logger: Logger, counters: JobCounters, bell: EngineControl,
        environments: EnvironmentBuilder?, onDelivery: @escaping @Sendable () -> Void, begun: Int64
    ) throws(SpoolError) {
        self.begun = begun
        self.onDelivery = onDelivery
        hold = HoldWatch(spool)
        self.spool = spool
        live = settings
        self.logger = logger
        self.counters = counters
        self.bell = bell
        warm = WarmStarts(logger: logger)
        do throws(SystemError) {
            slurmClient = try SlurmClient(bell: bell)
            restorer = try EnvironmentRestorer(environments, control: bell, logger: logger)
            janitor = try Janitor(spool: spool, settings: settings, logger: logger)
            workshop = try Workshop(spool: spool, settings: settings)
            queue = try EventQueue()
            inotify = try Inotify()
            timer = try WallTimer()
            try queue.add(inotify.descriptor, key: Key.inotify)
            try queue.add(timer.descriptor, key: Key.timer)
            try queue.add(bell.bell.descriptor, key: Key.bell)
        } catch {
            throw SpoolError(error, while: "start the engine")
        }
    }

    /// Works until the bell's `stop()`. Running jobs continue without the engine.
    func run(onOpen: () -> Void) {
        watchDirectories()
        open()
        bell.answer()
        onOpen()
        while !bell.isStopped {
            work()
            tendSpare()
            let keys: [UInt64]
            do throws(SystemError) {
                try timer.set(nextWake.microseconds)
                // The timer also fires when the clock is set, but not if that happened just before this line.
                keys = try queue.wait(milliseconds: settings.lookInterval * 1000)
            } catch {
                logger.error("The engine cannot wait for events: \(error)")
                keys = []
                sleep(1)
            }
            noticeClock()
            for key in keys { handle(key) }
        }
        endEarly()
        endSpare()
        warm.end()
        janitor.stop()
        workshop.stop()
        restorer.stop()
    }

    // MARK: Waiting

    private func watchDirectories() {
        for place in Place.allCases {
            do throws(SystemError) {
                switch place {
                case .root: places[try inotify.watch(spool.root, for: .arrivals)] = place
                case .active:
                    places[try inotify.watch(spool.active, for: [.arrivals, .departures, .attributes])] = place
                case .cancel: places[try inotify.watch(spool.cancel, for: [.arrivals, .attributes])] = place
                case .incoming: places[try inotify.watch(spool.incoming, for: .arrivals)] = place
                case .projects: places[try inotify.watch(spool.projects, for: [.arrivals, .attributes])] = place
                }
            } catch {
                logger.warning("Changes of \(place) show only every \(settings.lookInterval) s: \(error)")
            }
        }
    }

    /// The time of the next work if no event comes before it.
    private var nextWake: Timestamp {
        var wake = nextLook
        if let due = reconciler.wake(at: moment) { wake = min(wake, due) }
        if !isHeld, let remoteWake { wake = min(wake, remoteWake) }
        if let earlyWake { wake = min(wake, earlyWake) }
        return wake
    }

    private func handle(_ key: UInt64) {
        switch key {
        case Key.inotify: handleEvents()
        case Key.timer: timer.clear()
        case Key.bell:
            bell.bell.clear()
            bell.answer()
            // Jobs may wait for it.
            if restorer.takeNews() { note(.projectsChanged) }
            // The new settings may keep fewer finished jobs. A health check is no reason to list them.
            if bell.takeNewSettings() {
                janitor.wake()
                // The new settings may name another executor for pending jobs.
                nextLook = now
            }
        case Key.spare: endSpare()
        default: shimEnded(key)
        }
    }

    private func handleEvents() {
        let events: [Inotify.Event]
        do throws(SystemError) {
            events = try inotify.events()
        } catch {
            logger.error("The engine cannot read events: \(error)")
            return nextLook = now
        }
        var names: [Place: Set<String>] = [:]
        var gone: Set<JobID> = []
        for event in events {
            if event.isLost { nextLook = now }
            if let place = places[event.watch], !isOwnRemoval(event, in: place) {
                names[place, default: []].insert(event.name)
            }
            if days[event.watch] != nil {
                if let id = JobID(event.name), isWatched(id) { gone.insert(id) }
                if event.isGone { days[event.watch] = nil }
            }
        }
        if names[.root]?.contains("format") == true { releaseIfAllowed() }
        for name in (names[.incoming] ?? []).sorted() where !name.isEmpty { accept(FileName(name)) }
        for id in (names[.active] ?? []).compactMap({ JobID($0) }).sorted() { reconcile(id) }
        for name in (names[.cancel] ?? []).sorted() where !name.isEmpty { cancel(FileName(name)) }
        // Events give names decoded as UTF-8, so the bytes of a name that is not UTF-8 are unknown: list everything.
        let given = (names[.incoming] ?? []).union(names[.cancel] ?? [])
        if given.contains(where: { $0.contains("\u{FFFD}") }) { nextLook = now }
        for id in gone.sorted() { reconcile(id) }
        if let changed = names[.projects] {
            janitor.noteProjects(running: reconciler.jobs.running)
            let projects = changed.compactMap { ProjectName($0) }
            for project in projects { workshop.noteChange(of: project) }
            enforceSchedules(of: projects)
            note(.projectsChanged)
        }
    }

    /// Whether an event is that of a mark which the engine has removed with the end of its job. A mark that was made again
    /// meanwhile has an event of its own.
    private func isOwnRemoval(_ event: Inotify.Event, in place: Place) -> Bool {
        guard place == .active, event.isDeletion, let id = JobID(event.name), ownRemovals.remove(id) != nil else {
            return false
        }
        return !reconciler.knows(id)
    }

    // MARK: Work

    /// Does all work that is due.
    private func work() {
        reconciler.limits = Reconciler.Limits(
            slots: settings.slots, slurmSlots: settings.slurm?.slots, starts: settings.rules.limits)
        for id in reconciler.unresolved { reconcile(id) }
        if now >= nextLook { lookAtEverything() }
        endLateStart()
        workRemote()
        let moment = moment
        while let due = reconciler.next(at: moment) {
            switch due {
            case .code(let projects): lookAtCode(of: projects)
            case .fire(let id): fire(id)
            case .start(let id): attempt(id, start)
            case .handOver(let id): attempt(id, handOver)
            }
        }
    }

    /// When the clock was set back, reads the tree at once and ends waits by the wall clock: a short delay could
    /// otherwise last hours. The next check of projects without code keeps its time.
    private func noticeClock() {
        let before = lead
        lead = SystemClock.wall() - SystemClock.monotonic()
        // A slewed clock goes back less than this between two checks.
        guard lead < before - 1_000_000 else { return }
        let setBack = before - lead
        note(.clockSetBack(setBack))
        logger.notice("The clock was set back by \(setBack / 1_000_000) s")
        nextLook = now
        if !isHeld { bringNearer() }
    }

    /// Opens the tree: removes leftovers of interrupted steps and adopts running jobs.
    private func open() {
        openHeld()
        // An hour: longer than a push takes, even if the machines' clocks differ.
        janitor.remove(spool.leftoverRubbish(sparingSince: isShared ? now.adding(seconds: -3600) : nil))
        if !isShared { spool.removeLoneReasons() }
        workshop.start()
        lookAtEverything(isFirst: true)
        startJanitor()
    }

    /// Starts the janitor. If no thread can be created, the next look at everything tries again.
    private func startJanitor() {
        guard !hasJanitor else { return }
        do throws(SystemError) {
            try janitor.start()
            hasJanitor = true
            remarks.clear(.janitor)
        } catch {
            say(.error, "Old jobs and versions are not deleted, which is tried again: \(error)", about: .janitor)
        }
    }

    /// Reads all watched directories, independently of events.
    func lookAtEverything(isFirst: Bool = false) {
        nextLook = now.adding(seconds: Int64(settings.lookInterval))
        // Where events are missing, none takes them away.
        ownRemovals = []
        lookAtRoom()
        // People may have put deliveries back, or released a copy.
        onDelivery()
        prepareReports()
        warm.tend(isOn: settings.isWarm)
        do throws(SpoolError) {
            if isHeld { releaseIfAllowed() }
            let marked = try spool.activeIDs()
            for id in marked { reconcile(id, isFirst: isFirst) }
            for id in reconciler.jobs.ids.subtracting(marked) { note(.outOfSight(id)) }
            // Where the spool is shared, other machines change projects without an event.
            enforceSchedules(of: isFirst || isShared ? try spool.allProjects().map(\.name) : [])
            try lookAtRequests()
            unwatchDays()
            if !isFirst { startJanitor() }
            // The clock may also have been set while no engine ran.
            if isFirst, !isHeld { bringNearer() }
        } catch {
            logger.error("\(error)")
        }
    }

    /// Reads all submissions and all requests to cancel.
    private func lookAtRequests() throws(SpoolError) {
        let (arrivals, cancels) = (try spool.incomingNames(), try spool.cancelNames())
        for name in arrivals { accept(name) }
        for name in cancels { cancel(name) }
        let (inIncoming, inCancel) = (Set(arrivals), Set(cancels))
        remarks.keep { subject in
            switch subject {
            case .incoming(let name): inIncoming.contains(name)
            case .cancel(let name): inCancel.contains(name)
            case .job(let id): spool.contains(id)
            default: true
            }
        }
        if arrivals.isEmpty { ledger = SubmissionLedger() }
    }

    /// Looks for new names without an event: writes of other machines cause none.
    func lookForNames() {
        // Skip the listing unless a directory's modification time changed.
        let times = [
            spool.active.descriptor.informationIfAny?.modified, spool.incoming.descriptor.informationIfAny?.modified,
            spool.cancel.descriptor.informationIfAny?.modified,
        ]
        guard times != remoteWork.nameTimes else { return }
        do throws(SpoolError) {
            for id in Set(try spool.activeIDs()).subtracting(reconciler.jobs.ids).sorted() { reconcile(id) }
            for name in try spool.incomingNames() { accept(name) }
            for name in try spool.cancelNames() { cancel(name) }
            // Marks without a known job and requests that remain have to be read again, so keep no times then.
            let (marked, cancels, arrivals) = (
                try spool.activeIDs(), try spool.cancelNames(), try spool.incomingNames()
            )
            let isSettled =
                reconciler.jobs.ids.isSuperset(of: marked) && cancels.isEmpty && arrivals.isEmpty
            remoteWork.nameTimes = isSettled ? times : []
        } catch {
            logger.error("\(error)")
        }
    }

    /// Logs when the disk gets full, and when it is no longer.
    private func lookAtRoom() {
        // The next look reads it again.
        guard let room = try? spool.room() else { return }
        if room.state != roomState {
            logger.log(level: room.state == .ok ? .notice : .critical, "\(room.remark(on: spool.path))")
        }
        roomState = room.state
        workshop.noteRoom(isFull: room.state == .full)
    }
}
