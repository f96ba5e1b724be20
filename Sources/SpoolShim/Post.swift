internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The place of a shim on another machine than the engine's: it has the pen for the job's status, and gives signs of life.
///
/// These are given on a thread of their own: a network filesystem whose server is away keeps who writes waiting for as long
/// as it likes, and somebody has to end the spider meanwhile.
final class Post: Sendable {
    /// What has been heard from the tree.
    struct News: Sendable {
        /// When a sign of life last reached the tree, by the steady clock.
        var heardAt: Int64
        /// Whether the job is another attempt's, or has ended otherwise.
        var isSuperseded = false
        /// Whether somebody has asked for the job's end.
        var isCanceled = false
    }

    private struct Writing {
        /// A status that has not been published yet.
        var status: JobStatus?
        var isOver = false
        /// Whether a thread gives the signs of life.
        var hasThread = false
        /// How many were given, and when the next one is due where no thread gives them, by the steady clock.
        var count = 0
        var due: Int64 = 0
    }

    /// Microseconds between two signs of life.
    private static let interval: UInt32 = 2_000_000

    let orders: PostOrders
    private let id: String
    private let attempt: String
    private let job: JobDirectory
    private let news: Mutex<News>
    private let writing = Mutex(Writing())

    /// Takes the pen of a claimed start; nil when the engine has given it up already.
    init?(_ orders: PostOrders, id: String, attempt: String) throws(SystemError) {
        self.orders = orders
        self.id = id
        self.attempt = attempt
        job = JobDirectory(try Directory(path: orders.directory))
        news = Mutex(News(heardAt: Machine.steadyClock()))
        guard try job.takePen(of: attempt) else { return nil }
        try job.beat(0, of: attempt)
    }

    /// What has been heard.
    var latest: News { news.withLock { $0 } }

    /// Whether for too long nothing has reached the tree: somebody may take the job for lost soon.
    var isCutOff: Bool { Machine.steadyClock() - latest.heardAt > Int64(orders.silence) * 1_000_000 }

    /// Begins to give signs of life, and publishes a status as soon as the tree takes it.
    func begin(_ status: JobStatus) {
        writing.withLock { $0.status = status }
        giveSign()
    }

    /// Gives the next sign of life, if it is due and no thread does that: on a node without room for another thread it is
    /// given by the caller, and a thread is asked for each time.
    func giveSign() {
        let now = Machine.steadyClock()
        let isDue = writing.withLock { writing in
            guard !writing.hasThread, writing.due <= now else { return false }
            writing.due = now + Int64(Post.interval)
            writing.hasThread = true
            return true
        }
        guard isDue else { return }
        do throws(SystemError) {
            try startThread(named: "beat") { [self] in
                while !writing.withLock({ $0.isOver }) {
                    round()
                    usleep(Post.interval)
                }
            }
        } catch {
            writing.withLock { $0.hasThread = false }
            round()
        }
    }

    private func round() {
        let number = writing.withLock { writing in
            writing.count += 1
            return writing.count
        }
        let begun = Machine.steadyClock()
        guard (try? job.beat(number, of: attempt)) != nil, let isOurs = publishWaiting(), isOurs,
            let status = try? job.status()
        else { return }
        let isOver = writing.withLock { $0.isOver }
        let isCanceled = job.directory.contains("../../../cancel/\(id)")
        news.withLock { news in
            news.heardAt = begun
            if !isOver, status.remoteAttempt != attempt { news.isSuperseded = true }
            if isCanceled { news.isCanceled = true }
        }
    }

    /// Publishes what has not been published yet.
    ///
    /// - Returns: false when the pen was taken away; nil when it cannot be said.
    private func publishWaiting() -> Bool? {
        writing.withLock { writing in
            guard !writing.isOver, let status = writing.status else { return true }
            guard let isOurs = try? job.publish(status, by: attempt) else { return nil }
            if isOurs { writing.status = nil } else { news.withLock { $0.isSuperseded = true } }
            return isOurs
        }
    }

    /// Publishes a status, after which there are no more signs of life; false when the pen was taken away.
    func publish(_ status: JobStatus) throws(SystemError) -> Bool {
        try end { () throws(SystemError) in try job.publish(status, by: attempt) }
    }

    /// Publishes the last status; false when the pen was taken away.
    func finish(_ status: JobStatus) throws(SystemError) -> Bool {
        let isOurs = try end { () throws(SystemError) in try job.finish(status, by: attempt) }
        // Nobody needs the room any more that was set aside for the engine.
        if isOurs { try? job.directory.remove(".status.spare") }
        return isOurs
    }

    private func end(_ body: () throws(SystemError) -> Bool) throws(SystemError) -> Bool {
        var failure: SystemError?
        let isOurs = writing.withLock { writing in
            do throws(SystemError) {
                let isOurs = try body()
                writing.isOver = true
                return isOurs
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        return isOurs
    }
}
