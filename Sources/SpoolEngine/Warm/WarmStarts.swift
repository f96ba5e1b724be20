internal import Glibc
package import LinuxSystem
package import Logging
package import SpoolModel

/// The warm parents of an engine, one for each script `scrapy`: the server's, and those of projects with an environment of
/// their own. Belongs to the engine's thread.
///
/// A parent is started when a job could have used it that came not long after another one, so that a server with few jobs has
/// none. Everything that fails here costs a job nothing but its warm start.
package final class WarmStarts {
    /// The most parents at a time. Each has some 50 MiB.
    private static let most = 4
    /// Microseconds without an order after which a parent makes room for another one. Sooner, environments in turn would
    /// load Scrapy for each job.
    private static let rest: Int64 = 60_000_000

    /// Microseconds without an order after which a parent goes: its memory is worth more to a small machine than the second of
    /// processor time that the next job takes to load Scrapy.
    package static let longestRest: Int64 = 1_800_000_000

    private let logger: Logger
    private let longestRest: Int64
    private var parents: [String: WarmParent] = [:]
    private var records: [String: Record] = [:]
    /// Jobs whose next start is cold.
    private var failed: Set<JobID> = []

    /// The failures and the use of a script, which decide whether it has a parent.
    private struct Record {
        var pause = WarmPause()
        var demand = WarmDemand(window: WarmStarts.longestRest)
    }

    /// - Parameter longestRest: microseconds without an order after which a parent goes.
    package init(logger: Logger, longestRest: Int64 = WarmStarts.longestRest) {
        self.logger = logger
        self.longestRest = longestRest
    }

    /// How many parents there are.
    package var count: Int { parents.count }

    /// The parent for a job; throws the reason why there is none that can take an order now.
    package func parent(_ origin: WarmParent.Origin, for job: JobID) throws(ColdReason) -> WarmParent {
        guard failed.remove(job) == nil else { throw .retry }
        let isOften = records[origin.scrapy, default: Record()].demand.note(job, at: SystemClock.monotonic())
        guard let parent = parents[origin.scrapy] else {
            if isOften { try begin(origin) }
            throw .none
        }
        guard parent.origin == origin else {
            retire(parent, .renewed)
            try begin(origin)
            throw .none
        }
        let obstacle = parent.obstacle()
        reportLoad(of: parent)
        switch obstacle {
        case nil:
            for library in parent.takeLeftLibraries() { note(library, of: origin.scrapy) }
            return parent
        case .over(let reason):
            retire(parent, reason)
            if reason == .renewed || reason == .changed { try begin(origin) }
            throw reason
        case .cold(let reason): throw reason
        case .shim: throw .nonsense
        }
    }

    /// Starts a shim and a spider by a parent; throws the reason if that fails, when nothing of them is left that could run.
    package func start(
        _ command: Command, by parent: WarmParent, in job: borrowing Directory, lock: borrowing Descriptor
    ) throws(ColdReason) -> PreparedShim {
        let pipe: Pipe
        do throws(SystemError) {
            pipe = try Pipe()
        } catch {
            throw .fork
        }
        switch parent.order(command, in: job, lock: lock, pipe: pipe.reading) {
        case .shim(let pid):
            records[parent.origin.scrapy, default: Record()].pause.noteStart()
            return PreparedShim(pid: pid, startPipe: pipe.keepWriting())
        case .cold(let reason): throw reason
        case .over(let reason):
            _ = consume pipe
            retire(parent, reason)
            if reason == .changed { try begin(parent.origin) }
            throw reason
        }
    }

    /// Has the next start of a job be cold: its shim ended before it took the job.
    func noteFailure(of job: JobID) { failed.insert(job) }

    /// Ends parents that have failed or are not wanted any more.
    package func tend(isOn: Bool) {
        if !isOn { return end() }
        for parent in Array(parents.values) {
            if access(parent.origin.scrapy, F_OK) != 0 {
                // An environment that no version names any more.
                retire(parent, .renewed)
            } else if case .over(let reason)? = parent.obstacle() {
                retire(parent, reason)
            } else if SystemClock.monotonic() - parent.used > longestRest {
                retire(parent, .renewed)
            } else {
                reportLoad(of: parent)
            }
        }
        records = records.filter { script, _ in parents[script] != nil || access(script, F_OK) == 0 }
    }

    /// Ends all parents. Jobs go on.
    package func end() {
        for parent in parents.values { parent.end() }
        parents = [:]
        failed = []
    }

    private func reportLoad(of parent: WarmParent) {
        let scrapy = parent.origin.scrapy
        switch parent.takeLoadNews() {
        case nil: break
        case .loaded(let time): logger.info("Spiders start warm: \(scrapy) was loaded in \(time / 1000) ms")
        case .slow(let time):
            logger.notice(
                "Spiders start cold until Scrapy is loaded, which has taken \(time / 1_000_000) s so far: \(scrapy)")
        }
    }

    /// Environments of projects need not have a library.
    private func note(_ library: LeftLibrary, of scrapy: String) {
        logger.log(
            level: library.isMissing ? .info : .notice,
            "Warm spiders load \(library.name) themselves, with \(scrapy): \(library.reason)")
    }

    // MARK: Parents

    private func begin(_ origin: WarmParent.Origin) throws(ColdReason) {
        // While pip replaces it there is none. A cold start reports it.
        guard let file = ScriptInterpreter.facts(of: origin.scrapy) else { throw .script }
        var pause = records[origin.scrapy]?.pause ?? WarmPause()
        guard pause.isOver(at: SystemClock.monotonic(), file) else { throw pause.isForScript ? .script : .paused }
        // Before the script is read: a change after this leads to another look.
        pause.noteLook(at: file)
        defer { records[origin.scrapy, default: Record()].pause = pause }
        guard let interpreter = ScriptInterpreter.path(of: origin.scrapy) else {
            pause.noteEnd(.script, at: SystemClock.monotonic())
            logger.notice("Spiders start cold: \(origin.scrapy) does not begin with the path of a Python")
            throw .script
        }
        if parents.count >= WarmStarts.most, let oldest = parents.values.min(by: { $0.used < $1.used }) {
            guard SystemClock.monotonic() - oldest.used > WarmStarts.rest else { throw .full }
            retire(oldest, .renewed)
        }
        do throws(SystemError) {
            parents[origin.scrapy] = try WarmParent(origin, interpreter: interpreter)
        } catch {
            pause.noteEnd(.fork, at: SystemClock.monotonic())
            logger.notice("Spiders start cold: \(error)")
            throw .fork
        }
    }

    private func retire(_ parent: WarmParent, _ reason: ColdReason) {
        parent.end()
        parents[parent.origin.scrapy] = nil
        records[parent.origin.scrapy, default: Record()].pause.noteEnd(reason, at: SystemClock.monotonic())
        guard reason != .renewed else { return }
        logger.notice("The parent of warm spiders has ended, so the next spiders start cold: \(reason)")
    }
}
