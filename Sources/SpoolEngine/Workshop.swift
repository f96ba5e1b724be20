internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// Keeps copies of each project's code ready for the next jobs: it makes copies, and reuses those of ended jobs without
/// the files that these wrote. It has a thread of its own. A second thread with low priority removes the copies that
/// are not reused: no work depends on their removal.
final class Workshop: Sendable {
    /// A job that has ended.
    private struct Ended {
        let id: JobID
        let project: ProjectName
        /// The version of its code, if it ran on this machine and none of its processes can be alive.
        let version: Int?
    }

    private struct State {
        var isStopped = false
        /// Whether the disk is full: jobs need the room of the copies.
        var isFull = false
        /// Projects for which a copy may be missing, or be of an old version.
        var projects: Set<ProjectName> = []
        /// Projects whose copies are watched.
        var watched: Set<ProjectName> = []
        /// Jobs that have ended, in order.
        var ended: [Ended] = []
    }

    /// Keys of the event queue.
    private enum Key {
        static let bell: UInt64 = 0
        static let inotify: UInt64 = 1
    }

    private let spool: Spool
    private let settings: Locked<EngineSettings>
    private let bootID = Host.bootID()
    private let state = Mutex(State())
    private let bell: EventFD
    private let queue: EventQueue
    private let inotify: Inotify
    private let trimmer: SerialThread

    init(spool: Spool, settings: Locked<EngineSettings>) throws(SystemError) {
        self.spool = spool
        self.settings = settings
        bell = try EventFD()
        queue = try EventQueue()
        inotify = try Inotify()
        trimmer = try SerialThread(named: "trimmer")
        try queue.add(bell.descriptor, key: Key.bell)
        try queue.add(inotify.descriptor, key: Key.inotify)
    }

    /// Starts the thread. No job can take an earlier engine's ready copies once this returns: after a power loss they
    /// may be incomplete, so they are compared with the code before they are used.
    func start() {
        let stock = CopyStock()
        let retired = spool.retireAllReady { stock.token() }
        do throws(SystemError) {
            try startThread(named: "workshop") { self.run(with: retired) }
        } catch {
            // Jobs start without it, each after a copy of its own.
            stop()
        }
    }

    /// Ends the thread after its current step.
    func stop() {
        state.withLock { $0.isStopped = true }
        bell.ring()
    }

    /// Notes a project that came, went or changed.
    func noteChange(of project: ProjectName) {
        state.withLock { _ = $0.projects.insert(project) }
        bell.ring()
    }

    /// Notes that a job of a project starts: the next one needs a copy as well.
    func noteStart(of project: ProjectName) {
        let isNew = state.withLock { state in
            !state.watched.contains(project) && state.projects.insert(project).inserted
        }
        if isNew { bell.ring() }
    }

    /// Notes a job that has ended.
    func noteEnd(of job: Job) {
        let status = job.status
        // Processes of a lost shim's job may be alive. Another machine's writes may show late.
        let isOver =
            status[.boot] == bootID && status.remoteAttempt == nil && status[.interrupted] == nil
            && status[.reason] != "shim-lost"
        let ended = Ended(id: job.id, project: job.metadata.project, version: isOver ? status[.version] : nil)
        let isAccepted = state.withLock { state in
            if !state.isStopped { state.ended.append(ended) }
            return !state.isStopped
        }
        if isAccepted { bell.ring() }
    }

    /// Notes whether the disk is full. While it is, there are no ready copies.
    func noteRoom(isFull: Bool) {
        let hasChanged = state.withLock { state in
            defer { state.isFull = isFull }
            // The watched projects are those that had copies.
            if state.isFull, !isFull { state.projects.formUnion(state.watched) }
            return state.isFull != isFull
        }
        if hasChanged { bell.ring() }
    }

    // MARK: The thread

    private func run(with retired: [(name: String, copy: ReadyCopy?)]) {
        let stock = CopyStock()
        stock.hasExactTimes = spool.hasExactTimes
        for (name, copy) in retired {
            if let copy, isCurrent(copy) { stock.retired[copy, default: []].append(name) } else { remove(name) }
        }
        while true {
            let keys = queue.waitPausing(milliseconds: stock.pause)
            bell.clear()
            let waiting = stock.takeWaiting()
            state.withLock { $0.projects.formUnion(waiting) }
            if keys.contains(Key.inotify) { noticeTaken(stock) }
            if state.withLock({ $0.isFull }) { giveUpAll(stock) }
            repeat { takeBackAll(stock) } while refreshOne(stock)
            if state.withLock({ $0.isStopped }) { return }
        }
    }

    private func giveUpAll(_ stock: CopyStock) {
        stock.retired = [:]
        for (name, _) in spool.retireAllReady(token: { stock.token() }) { remove(name) }
    }

    private func isCurrent(_ copy: ReadyCopy) -> Bool {
        // A copy of an unknown project is not used.
        guard let project = spool.projectIfAny(copy.project) else { return false }
        return copy == ReadyCopy(of: project.name, version: project.version, for: settings.value.account)
    }

    /// Refreshes the copies of one project; false if no project needs it.
    private func refreshOne(_ stock: CopyStock) -> Bool {
        let name = state.withLock { state in state.isStopped ? nil : state.projects.popFirst() }
        guard let name else { return false }
        refresh(name, stock)
        return true
    }

    /// The content of a copy of a project. Removes the ready copies first if the code was replaced.
    private func list(of project: ProjectMetadata, _ stock: CopyStock) -> CodeList? {
        if stock.isReplaced(project, in: spool) {
            for old in spool.retireReady(of: project.name, besides: nil, token: { stock.token() }) { remove(old) }
        }
        return stock.list(of: project, in: spool)
    }

    private func refresh(_ name: ProjectName, _ stock: CopyStock) {
        let account = settings.value.account
        // Copies are made again when the project can be read.
        let project = spool.projectIfAny(name)
        let copy = project.map { ReadyCopy(of: name, version: $0.version, for: account) }
        for old in spool.retireReady(of: name, besides: copy, token: { stock.token() }) { remove(old) }
        for old in stock.takeRetired(of: name, besides: copy) { remove(old) }
        guard let project, let copy, let list = list(of: project, stock) else {
            stock.forget(name)
            return state.withLock { _ = $0.watched.remove(name) }
        }
        guard !state.withLock({ $0.isFull }), spool.wantsReady(copy, like: list) else { return }
        let record: CopyRecord?
        let source = spool.takeTriedCopy(of: copy, token: stock.token()) ?? stock.retired[copy]?.popLast()
        if let source {
            record = spool.makeReady(project, like: list, for: account, of: source)
            remove(source)
        } else {
            guard stock.mayCopy(for: name) else { return }
            record = spool.makeReady(project, like: list, for: account) { [self] in takeBackAll(stock) }
        }
        if let record { watch(record, of: name, stock) }
        guard record != nil || source != nil, spool.wantsReady(copy, like: list) else { return }
        state.withLock { _ = $0.projects.insert(name) }
    }

    /// Keeps the record of a ready copy, and watches for a job that takes it.
    private func watch(_ record: CopyRecord, of project: ProjectName, _ stock: CopyStock) {
        stock.keep(record, of: project)
        guard let made = spool.ready(record) else {
            return state.withLock { _ = $0.projects.insert(project) }
        }
        // Without a watch, the next copy is made when the job has ended.
        guard let watch = inotify.watchIfPossible(made, for: .ownMoves) else { return }
        stock.watches[watch] = project
        state.withLock { _ = $0.watched.insert(project) }
    }

    /// Notes the projects whose copies were taken.
    private func noticeTaken(_ stock: CopyStock) {
        // Without the events, the next copy is made when the job has ended.
        for event in inotify.eventsIfAny() ?? [] {
            // Events were lost, so any copy may have been taken.
            let taken = event.watch == -1 ? Array(stock.watches.keys) : [event.watch]
            for watch in taken {
                guard let project = stock.watches.removeValue(forKey: watch) else { continue }
                inotify.unwatch(watch)
                state.withLock { _ = $0.projects.insert(project) }
            }
        }
    }

    // MARK: Jobs that have ended

    private func takeBackAll(_ stock: CopyStock) {
        while let ended = state.withLock({ state in state.ended.isEmpty ? nil : state.ended.removeFirst() }) {
            if !takeBack(ended, stock) { trim(ended) }
            stock.noteEnd(of: ended.project)
        }
    }

    /// Makes the copy in which a job ran ready for another one; false if files remain to be removed.
    private func takeBack(_ ended: Ended, _ stock: CopyStock) -> Bool {
        guard stock.hasExactTimes, !state.withLock({ $0.isFull }), let version = ended.version,
            // If it cannot be read, the copy is trimmed instead.
            let project = spool.projectIfAny(ended.project), project.version == version,
            let list = list(of: project, stock),
            let directory = spool.directoryIfAny(of: ended.id)
        else { return false }
        let (copy, isTrimmed) = spool.takeBack(
            from: directory, of: project.name, version: version, like: list, for: settings.value.account
        ) { stock.takeRecord(of: project.name, inode: $0) }
        if let copy { watch(copy, of: project.name, stock) }
        return isTrimmed
    }

    private func trim(_ ended: Ended) {
        // Without the thread, `work/` stays until the job is purged.
        try? trimmer.run { [self] in
            guard !state.withLock({ $0.isStopped }), let directory = spool.directoryIfAny(of: ended.id),
                directory.hasUntrimmedWork
            else { return }
            Host.giveWay()
            // For at most a minute: files that remain then stay too.
            directory.trimWork(onlySmall: false, within: 60_000_000)
        }
    }

    /// Removes a useless entry of `ready/`. If that fails, the next engine that opens the spool removes it.
    private func remove(_ name: String) {
        // See above.
        try? trimmer.run { [self] in
            guard !state.withLock({ $0.isStopped }) else { return }
            Host.giveWay()
            // See above.
            try? spool.removeReady(name)
        }
    }
}
