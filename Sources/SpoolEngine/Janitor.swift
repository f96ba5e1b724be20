internal import Glibc
internal import LinuxSystem
internal import Logging
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// Deletes the oldest finished jobs beyond the cap and code that nobody runs any more, on a thread of its own: nothing
/// of it is urgent, and a large directory takes its time.
final class Janitor: Sendable {
    private struct State {
        var isStopped = false
        var ended: [JobID: Timestamp] = [:]
        /// What is left to remove in `tmp/`.
        var staged: [FileName] = []
    }

    private let spool: Spool
    private let settings: Live<EngineSettings>
    private let logger: Logger
    private let state = Mutex(State())
    private let bell: Bell
    private let queue: EventQueue

    init(spool: Spool, settings: Live<EngineSettings>, logger: Logger) throws(SystemError) {
        self.spool = spool
        self.settings = settings
        self.logger = logger
        bell = try Bell()
        queue = try EventQueue()
        try queue.add(bell.descriptor, key: 0)
    }

    /// Begins with a look at what is there.
    func start() {
        startThread(named: "janitor") { self.run() }
    }

    /// Ends the thread when it has done what it does.
    func stop() {
        state.withLock { $0.isStopped = true }
        wake()
    }

    /// Notes a job that has finished.
    func note(_ job: Job) {
        state.withLock { $0.ended[job.id] = job.status[.ended] ?? job.status[.at] }
        wake()
    }

    /// Removes what stands in `tmp/` under these names, as soon as that is possible.
    func remove(staged names: [FileName]) {
        state.withLock { $0.staged += names }
    }

    /// Something may be there to delete.
    func wake() {
        bell.ring()
    }

    private func run() {
        while true {
            do throws(SpoolError) {
                try purge()
                try collectVersions()
                try spool.layBallast()
            } catch {
                logger.error("\(error)")
            }
            let isClean = removeStaged()
            // An hour: what was put into the tree by hand counts as well.
            _ = try? queue.wait(milliseconds: isClean ? 3_600_000 : 1000)
            bell.clear()
            if state.withLock({ $0.isStopped }) { return }
        }
    }

    /// Whether nothing is left.
    private func removeStaged() -> Bool {
        let names = state.withLock { $0.staged }
        let left = names.filter { !spool.removeStaged($0) }
        state.withLock { state in state.staged.removeAll { names.contains($0) && !left.contains($0) } }
        return left.isEmpty
    }

    private func purge() throws(SpoolError) {
        let active = Set(try spool.activeIDs())
        let finished = try spool.allIDs().filter { !active.contains($0) }
        let excess = finished.count - settings.value.completedCap
        guard excess > 0 else { return }
        let known = state.withLock { $0.ended }
        var ended: [JobID: Timestamp] = [:]
        for id in finished {
            // Without a readable status it is not ours to delete.
            guard let time = known[id] ?? endTime(of: id) else { continue }
            ended[id] = time
        }
        // An end that is still to come is from before the clock was set back: older than all that has come since.
        let now = Timestamp(microseconds: Machine.wallClock())
        let order = ended.sorted {
            ($0.value > now ? 0 : 1, $0.value, $0.key) < ($1.value > now ? 0 : 1, $1.value, $1.key)
        }
        for id in try spool.purge(order.prefix(excess).map(\.key)) { ended[id] = nil }
        state.withLock { state in
            state.ended = state.ended.filter { known[$0.key] == nil }.merging(ended) { newer, _ in newer }
        }
    }

    private func endTime(of id: JobID) -> Timestamp? {
        guard let status = try? spool.directory(of: id).status(), status.state.isFinal else { return nil }
        return status[.ended] ?? status[.at]
    }

    private func collectVersions() throws(SpoolError) {
        try spool.collectVersions { name, version in
            // One that waits at another executor has its links to the code already.
            let running = try? spool.activeJobs().filter {
                $0.status.state == .running || $0.status.remoteAttempt != nil
            }
            // What cannot be read may be in use.
            return running?.contains { $0.metadata.project == name && $0.status[.version] == version } ?? true
        }
    }
}
