internal import Glibc
internal import LinuxSystem
internal import Logging
package import SpoolModel
internal import SpoolStore
internal import Synchronization

/// Deletes finished jobs that the rules do not keep, and code that no job uses, on a thread of its own: none of it is
/// urgent, and large directories take long.
///
/// The work for each job that ends does not depend on the number of kept jobs. The whole tree is listed at the start
/// and each hour, which finds directories that users put into it.
package final class Janitor: Sendable {
    /// News from the engine's thread.
    package struct News {
        var isStopped = false
        /// Jobs that have ended.
        package var ended: [JobID: Retention.End] = [:]
        /// Names to delete in `tmp/`.
        var rubbish: [FileName] = []
        /// Jobs that run, as far as the engine knows.
        var running: Set<JobID> = []
        /// Whether a project was pushed or removed.
        var hasNewProjects = false

        /// Nothing new.
        package init() {}
    }

    private let spool: Spool
    private let settings: Locked<EngineSettings>
    private let logger: Logger
    private let news = Mutex(News())
    private let bell: EventFD

    init(spool: Spool, settings: Locked<EngineSettings>, logger: Logger) throws(SystemError) {
        self.spool = spool
        self.settings = settings
        self.logger = logger
        bell = try EventFD()
    }

    /// Starts the thread, which lists the tree first. Throws if no thread can be created; it may be called again then.
    func start() throws(SystemError) {
        try startThread(named: "janitor") { self.run() }
    }

    /// Ends the thread after its current round of work.
    func stop() {
        news.withLock { $0.isStopped = true }
        wake()
    }

    /// Notes a finished job, and the jobs that still run.
    func note(_ job: Job, running: Set<JobID>) {
        news.withLock {
            $0.ended[job.id] = Retention.End(of: job.status)
            $0.running = running
        }
        wake()
    }

    /// Notes that a project was pushed or removed, and which jobs run.
    func noteProjects(running: Set<JobID>) {
        news.withLock {
            $0.hasNewProjects = true
            $0.running = running
        }
        wake()
    }

    /// Deletes the entries of `tmp/` with these names.
    func remove(_ rubbish: [FileName]) {
        news.withLock { $0.rubbish += rubbish }
        wake()
    }

    /// Wakes the thread to apply the current settings.
    func wake() {
        bell.ring()
    }

    private func run() {
        do throws(SystemError) {
            let queue = try EventQueue()
            try queue.add(bell.descriptor, key: 0)
            let cleaning = Cleaning(spool: spool, logger: logger, departures: try Departures(of: spool))
            cleaning.begin(queue)
            while true {
                let news = news.withLock { news in
                    defer { (news.ended, news.rubbish, news.hasNewProjects) = ([:], [], false) }
                    return news
                }
                if news.isStopped { return }
                cleaning.take(news)
                cleaning.work(by: settings.value.retention)
                do throws(SystemError) {
                    _ = try queue.wait(milliseconds: cleaning.pause(by: settings.value.retention))
                } catch {
                    logger.error("The janitor cannot wait for events, will try again in 1 s: \(error)")
                    sleep(1)
                }
                bell.clear()
            }
        } catch {
            logger.error("Nothing is deleted, since the janitor cannot start: \(error)")
        }
    }
}
