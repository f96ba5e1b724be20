internal import Glibc
internal import LinuxSystem
internal import Logging
internal import Slurm
internal import SpoolModel
internal import SpoolStore

/// The engine of one spool: starts what is pending, fires what is scheduled, ends what is canceled, adopts what runs.
///
/// It belongs to one thread, which sleeps until a directory changes, a shim ends, or a time comes. All it knows it can
/// read again from the tree at any moment: an event only says where to look.
final class Engine {
    /// Keys of the event queue: the engine's own descriptors, then the shims.
    enum Key {
        static let inotify: UInt64 = 0
        static let timer: UInt64 = 1
        static let bell: UInt64 = 2
        static let firstShim: UInt64 = 16
    }

    /// The watched directories.
    private enum Place: CaseIterable {
        case root, active, cancel, incoming, projects
    }

    let spool: Spool
    let live: Live<EngineSettings>
    let logger: Logger
    let counters: JobCounters
    let janitor: Janitor
    let workshop: Workshop
    let bootID = Machine.bootID()
    let hostname = Machine.hostname()
    /// What is known of the jobs, and what follows from it.
    var reconciler = Reconciler(at: Timestamp(microseconds: Machine.wallClock()))
    /// Jobs whose shim has said that it could not begin, and why.
    var unprepared: [JobID: SystemError] = [:]
    /// What was said in the log of things that stay as they are.
    var remarks = Remarks()
    /// Hand-ins that became jobs and cannot be taken away.
    var ledger = HandInLedger()
    /// What there is to do about jobs in Slurm's hands.
    var remoteWork = RemoteWork()
    let desk: SlurmDesk
    var generator = SystemRandomNumberGenerator()

    let queue: EventQueue
    let inotify: Inotify
    private let timer: WallTimer
    private let bell: EngineBell
    let hold: HoldWatch
    private var places: [Int32: Place] = [:]
    /// The days of jobs whose shims are watched, by their watches: who removes such a job shows there.
    var days: [Int32: String] = [:]
    var shims: [UInt64: Shim] = [:]
    /// By which keys of the event queue shims are watched.
    var keys: [JobID: UInt64] = [:]
    var nextKey = Key.firstShim
    private var nextLook = Timestamp(microseconds: 0)
    /// Microseconds that the wall clock is ahead of the steady one, at the most since the engine last looked whether it was
    /// set back.
    private var lead = Machine.wallClock() - Machine.steadyClock()
    private var roomState = SpoolRoom.State.ok
    private var hasJanitor = false
    /// The module by which crawls report; nil until it is in the spool.
    var reportHook: ReportHook?

    var now: Timestamp {
        let now = Machine.wallClock()
        // A clock that is set forward and back between two looks at it was ahead for whatever was done in between.
        lead = max(lead, now - Machine.steadyClock())
        return Timestamp(microseconds: now)
    }
    var moment: Reconciler.Moment { Reconciler.Moment(wall: now, steady: Machine.steadyClock()) }
    var settings: EngineSettings { live.value }
    /// Whether nothing is started, because the tree is a copy that nobody has released.
    var isHeld: Bool { reconciler.isHeld }
    /// Whether other machines write into the spool, which no event tells.
    var isShared: Bool { settings.isShared }
    var executor: LocalExecutor { LocalExecutor(settings: settings, report: settings.hasReports ? reportHook : nil) }

    /// An engine for a spool that is the caller's to serve.
    init(
        spool: Spool, settings: Live<EngineSettings>, logger: Logger, counters: JobCounters, bell: EngineBell
    ) throws(SpoolError) {
        hold = HoldWatch(spool)
        self.spool = spool
        live = settings
        self.logger = logger
        self.counters = counters
        self.bell = bell
        do throws(SystemError) {
            desk = try SlurmDesk(bell: bell)
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

    /// Works until the bell says stop. Running jobs go on without it.
    func run(onOpen: () -> Void) {
        watchDirectories()
        open()
        bell.answer()
        onOpen()
        while !bell.isStopped {
            work()
            let keys: [UInt64]
            do throws(SystemError) {
                try timer.set(nextWake.microseconds)
                // The timer also goes off when the clock is set, but not where it was set just before this line.
                keys = try queue.wait(milliseconds: settings.lookInterval * 1000)
            } catch {
                logger.error("The engine cannot wait for events: \(error)")
                keys = []
                sleep(1)
            }
            noticeClock()
            for key in keys { handle(key) }
        }
        janitor.stop()
        workshop.stop()
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

    /// When there is something to do if nothing happens before.
    private var nextWake: Timestamp {
        var wake = nextLook
        if let due = reconciler.wake(at: moment) { wake = min(wake, due) }
        if !isHeld, let remoteWake { wake = min(wake, remoteWake) }
        return wake
    }

    private func handle(_ key: UInt64) {
        switch key {
        case Key.inotify: handleEvents()
        case Key.timer: timer.clear()
        case Key.bell:
            bell.bell.clear()
            bell.answer()
            // Perhaps fewer finished jobs are to be kept. A question whether all is well is no reason to list them.
            if bell.takeNewSettings() {
                janitor.wake()
                // Perhaps another executor is to run what waits.
                nextLook = now
            }
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
            if event.watch == -1 { nextLook = now }
            if let place = places[event.watch] { names[place, default: []].insert(event.name) }
            if days[event.watch] != nil {
                if let id = JobID(event.name), isWatched(id) { gone.insert(id) }
                if event.isGone { days[event.watch] = nil }
            }
        }
        if names[.root]?.contains("format") == true { releaseIfAllowed() }
        for name in (names[.incoming] ?? []).sorted() where !name.isEmpty { takeIn(FileName(name)) }
        for id in (names[.active] ?? []).compactMap({ JobID($0) }).sorted() { look(id) }
        for name in (names[.cancel] ?? []).sorted() where !name.isEmpty { cancel(FileName(name)) }
        // An event tells a name as a text, and so not what a name is that is none.
        let given = (names[.incoming] ?? []).union(names[.cancel] ?? [])
        if given.contains(where: { $0.contains("\u{FFFD}") }) { nextLook = now }
        for id in gone.sorted() { look(id) }
        if let changed = names[.projects] {
            janitor.noteProjects(running: reconciler.jobs.running)
            for project in changed.compactMap({ ProjectName($0) }) { workshop.noteChange(of: project) }
            note(.projectsChanged)
        }
    }

    // MARK: Work

    /// What is due by now.
    private func work() {
        reconciler.limits = Reconciler.Limits(slots: settings.slots, slurmSlots: settings.slurm?.slots)
        for id in reconciler.unclear { look(id) }
        if now >= nextLook { lookAtEverything() }
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

    /// Goes on from now when the clock was set back: what was put off by a moment would wait for hours.
    private func noticeClock() {
        let before = lead
        lead = Machine.wallClock() - Machine.steadyClock()
        // A clock that is slewed goes back less between two looks.
        guard lead < before - 1_000_000 else { return }
        let setBack = before - lead
        note(.clockSetBack(setBack))
        logger.notice("The clock was set back by \(setBack / 1_000_000) s")
        nextLook = now
        if !isHeld { bringNearer() }
    }

    /// The first look at a tree: what was left of interrupted steps goes, what runs is adopted.
    private func open() {
        openHeld()
        // An hour: longer than a push takes, by clocks that may differ.
        janitor.remove(spool.leftoverRubbish(sparingSince: isShared ? now.adding(seconds: -3600) : nil))
        if !isShared { spool.removeLoneReasons() }
        workshop.start()
        lookAtEverything(isFirst: true)
        startJanitor()
    }

    /// Starts the janitor, which can do without for a while where the system gives no thread.
    private func startJanitor() {
        guard !hasJanitor else { return }
        do throws(SystemError) {
            try janitor.start()
            hasJanitor = true
            remarks.settle(.janitor)
        } catch {
            say(.error, "Old jobs and versions are not deleted, which is tried again: \(error)", about: .janitor)
        }
    }

    /// Reads what is in the directories, whatever the events said.
    func lookAtEverything(isFirst: Bool = false) {
        nextLook = now.adding(seconds: Int64(settings.lookInterval))
        lookAtRoom()
        prepareReports()
        do throws(SpoolError) {
            if isHeld { releaseIfAllowed() }
            let marked = try spool.activeIDs()
            for id in marked { look(id, isFirst: isFirst) }
            for id in reconciler.jobs.ids.subtracting(marked) { note(.outOfSight(id)) }
            try lookAtRequests()
            unwatchDays()
            if !isFirst { startJanitor() }
            // While no engine was there, the clock may have been set as well.
            if isFirst, !isHeld { bringNearer() }
        } catch {
            logger.error("\(error)")
        }
    }

    /// Looks at all that was handed in and all requests to cancel.
    private func lookAtRequests() throws(SpoolError) {
        let (arrivals, cancels) = (try spool.incomingNames(), try spool.cancelNames())
        for name in arrivals { takeIn(name) }
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
        if arrivals.isEmpty { ledger = HandInLedger() }
    }

    /// Looks for names that came without an event, which is what other machines' writes do.
    func lookForNames() {
        // Only where names came or went since: a directory says when.
        let times = [
            try? spool.active.descriptor.information().modified, try? spool.incoming.descriptor.information().modified,
            try? spool.cancel.descriptor.information().modified,
        ]
        guard times != remoteWork.nameTimes else { return }
        do throws(SpoolError) {
            for id in Set(try spool.activeIDs()).subtracting(reconciler.jobs.ids).sorted() { look(id) }
            for name in try spool.incomingNames() { takeIn(name) }
            for name in try spool.cancelNames() { cancel(name) }
            // Not while a mark waits for its job, or a request for the end of one: those are looked at again.
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

    /// Says in the log when the disk is full, and when it no longer is.
    private func lookAtRoom() {
        guard let room = try? spool.room() else { return }
        if room.state != roomState {
            logger.log(level: room.state == .ok ? .notice : .critical, "\(room.remark(on: spool.path))")
        }
        roomState = room.state
        workshop.noteRoom(isFull: room.state == .full)
    }
}
