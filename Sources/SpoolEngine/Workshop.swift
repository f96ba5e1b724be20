internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// Keeps a copy of each large project's code ready for the next job, and removes from what ended jobs worked in the copies
/// that they did not touch, where that is much. On a thread of its own, which lets others go first: none of it is ever
/// needed.
final class Workshop: Sendable {
    private struct State {
        var isStopped = false
        /// Projects for which a copy may be missing, or be of an old version.
        var projects: Set<ProjectName> = []
        /// Jobs that have ended, in order.
        var ended: [JobID] = []
        /// Projects whose current version is small, with that version.
        var small: [ProjectName: Int] = [:]
    }

    /// Keys of the event queue.
    private enum Key {
        static let bell: UInt64 = 0
        static let inotify: UInt64 = 1
    }

    /// The size of a version's code.
    private struct Known {
        let version: Int
        let size: CodeCopy.Size
    }

    private let spool: Spool
    private let settings: Live<EngineSettings>
    private let state = Mutex(State())
    private let bell: Bell
    private let queue: EventQueue
    private let inotify: Inotify

    init(spool: Spool, settings: Live<EngineSettings>) throws(SystemError) {
        self.spool = spool
        self.settings = settings
        bell = try Bell()
        queue = try EventQueue()
        inotify = try Inotify()
        try queue.add(bell.descriptor, key: Key.bell)
        try queue.add(inotify.descriptor, key: Key.inotify)
    }

    /// Begins. What an engine before this one had made ready is out of reach when this returns: after a loss of power nobody
    /// knows what is in it.
    func start() {
        var round = Round()
        let retired = spool.retireReady { round.token() }
        do throws(SystemError) {
            try startThread(named: "workshop") { self.run(removing: retired) }
        } catch {
            // Jobs start without it, each after a copy of its own.
            stop()
        }
    }

    /// Ends the thread when it has done what it does.
    func stop() {
        state.withLock { $0.isStopped = true }
        bell.ring()
    }

    /// Notes a project that came, went or changed.
    func noteChange(of project: ProjectName) {
        state.withLock { state in
            state.small[project] = nil
            _ = state.projects.insert(project)
        }
        bell.ring()
    }

    /// Notes a project of which a job starts: the next one wants a copy as well.
    func noteStart(of project: ProjectName) {
        let isSmall = state.withLock { state in
            if state.small[project] == nil { state.projects.insert(project) }
            return state.small[project] != nil
        }
        if !isSmall { bell.ring() }
    }

    /// Notes a job that has ended.
    func noteEnd(of job: Job) {
        let isDone = state.withLock { state in
            guard !state.isStopped else { return true }
            // Its shim has seen to it, unless that was lost.
            let isDone =
                job.status[.version] != nil && state.small[job.metadata.project] == job.status[.version]
                && job.status[.interrupted] == nil
            if !isDone { state.ended.append(job.id) }
            return isDone
        }
        if !isDone { bell.ring() }
    }

    private func run(removing retired: [String]) {
        Machine.giveWay()
        for name in retired { try? spool.tmp.removeTree(name) }
        var round = Round()
        while true {
            let keys = queue.waitPausing()
            bell.clear()
            if keys.contains(Key.inotify) { noticeTaken(&round) }
            while let work = next() {
                switch work {
                case .trim(let id): trim(id)
                case .refresh(let project): refresh(project, &round)
                }
            }
            if state.withLock({ $0.isStopped }) { return }
        }
    }

    /// What the thread knows.
    private struct Round {
        var known: [ProjectName: Known] = [:]
        /// Whose copy each watch is of.
        var watches: [Int32: ProjectName] = [:]
        private var generator = SystemRandomNumberGenerator()

        /// An id that nobody else has.
        mutating func token() -> JobID {
            JobID(at: Timestamp(microseconds: Machine.wallClock()), using: &generator)
        }
    }

    private enum Work {
        case trim(JobID)
        case refresh(ProjectName)
    }

    private func next() -> Work? {
        state.withLock { state in
            guard !state.isStopped else { return nil }
            // The copy first: somebody may want it soon.
            if let project = state.projects.popFirst() { return .refresh(project) }
            guard !state.ended.isEmpty else { return nil }
            return .trim(state.ended.removeFirst())
        }
    }

    private func refresh(_ name: ProjectName, _ round: inout Round) {
        let account = settings.value.account
        let project = try? spool.project(name)
        let copy = project.map { ReadyCopy(of: name, version: $0.version, for: account) }
        // What cannot be removed goes when an engine opens the spool the next time.
        for old in spool.retireReady(of: name, besides: copy, token: { round.token() }) {
            try? spool.tmp.removeTree(old)
        }
        guard let project, let copy else {
            round.known[name] = nil
            return
        }
        let size = round.known[name].flatMap { $0.version == project.version ? $0.size : nil }
        guard let found = spool.makeReady(project, for: account, token: round.token(), size: size) else { return }
        round.known[name] = Known(version: project.version, size: found)
        if found.isSmall { return state.withLock { $0.small[name] = project.version } }
        // Without a watch another one is made when the job has ended.
        guard let made = try? spool.tmp.directory(copy.name), let watch = try? inotify.watch(made, for: .ownMoves)
        else { return }
        round.watches[watch] = name
    }

    /// Notes whose copies were taken.
    private func noticeTaken(_ round: inout Round) {
        for event in (try? inotify.events()) ?? [] {
            // Of events that were lost nobody knows what they said.
            let taken = event.watch == -1 ? Array(round.watches.keys) : [event.watch]
            for watch in taken {
                guard let project = round.watches.removeValue(forKey: watch) else { continue }
                inotify.unwatch(watch)
                state.withLock { _ = $0.projects.insert(project) }
            }
        }
    }

    private func trim(_ id: JobID) {
        guard let directory = try? spool.directory(of: id), directory.hasUntrimmedWork else { return }
        // A minute: what is left then stays until the job is purged.
        directory.trimWork(onlySmall: false, within: 60_000_000)
        if let project = try? directory.metadata().project { noteStart(of: project) }
    }
}
