internal import Glibc
internal import LinuxSystem
internal import Logging
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// Deletes the finished jobs that are not kept any more and code that nobody runs any more, on a thread of its own: nothing
/// of it is urgent, and a large directory takes its time.
///
/// What it does for a job that ends does not depend on how much is kept. All that is there is listed when it starts and
/// each hour, which finds what people have put into the tree.
final class Janitor: Sendable {
    /// What the engine tells it.
    struct News {
        var isStopped = false
        /// Jobs that have ended.
        var ended: [JobID: Retention.End] = [:]
        /// What is to be deleted in `tmp/`.
        var rubbish: [FileName] = []
        /// Jobs that run, as far as the engine knows.
        var running: Set<JobID> = []
        /// Whether a project was pushed or removed.
        var hasNewProjects = false
    }

    private let spool: Spool
    private let settings: Live<EngineSettings>
    private let logger: Logger
    private let news = Mutex(News())
    private let bell: Bell

    init(spool: Spool, settings: Live<EngineSettings>, logger: Logger) throws(SystemError) {
        self.spool = spool
        self.settings = settings
        self.logger = logger
        bell = try Bell()
    }

    /// Begins with a look at what is there. Throws where the system gives no thread; it may be called again then.
    func start() throws(SystemError) {
        try startThread(named: "janitor") { self.run() }
    }

    /// Ends the thread when it has done what it does.
    func stop() {
        news.withLock { $0.isStopped = true }
        wake()
    }

    /// Notes a job that has finished, and which ones run on.
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

    /// Deletes what stands in `tmp/` under these names.
    func remove(_ rubbish: [FileName]) {
        news.withLock { $0.rubbish += rubbish }
        wake()
    }

    /// Looks whether there is something to delete by the settings of now.
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
