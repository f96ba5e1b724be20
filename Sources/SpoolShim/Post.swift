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
        /// Whether a thread gives the signs of life, and is about to give one.
        var hasThread = false
        var isInRound = false
        /// How many were given, and when the next one is due where no thread gives them, by the steady clock.
        var count = 0
        var due: Int64 = 0
    }

    /// Microseconds between two signs of life.
    private static let interval: Int64 = 2_000_000

    let orders: PostOrders
    private let id: String
    private let attempt: String
    private let job: JobDirectory
    private let news: Mutex<News>
    private let writing = Mutex(Writing())
    /// Rung when the next sign is not to wait.
    private let bell: Bell

    /// Takes the pen of a claimed start; nil when the engine has given it up already.
    init?(_ orders: PostOrders, id: String, attempt: String) throws(SystemError) {
        self.orders = orders
        self.id = id
        self.attempt = attempt
        job = JobDirectory(try Directory(path: orders.directory))
        bell = try Bell()
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
        let hasThread = writing.withLock { writing in
            writing.status = status
            writing.due = 0
            return writing.hasThread
        }
        if hasThread { bell.ring() } else { giveSign() }
    }

    /// Gives the next sign of life, if it is due and no thread does that: on a node without room for another thread it is
    /// given by the caller, and a thread is asked for each time.
    func giveSign() {
        let now = Machine.steadyClock()
        let isDue = writing.withLock { writing in
            guard !writing.hasThread, writing.due <= now else { return false }
            writing.due = now + Post.interval
            writing.hasThread = true
            return true
        }
        guard isDue else { return }
        do throws(SystemError) {
            try startThread(named: "beat") { [self] in
                while beginRound() {
                    round()
                    writing.withLock { $0.isInRound = false }
                    _ = bell.descriptor.isReadable(within: Int(Post.interval / 1000))
                    bell.clear()
                }
            }
        } catch {
            writing.withLock { $0.hasThread = false }
            round()
        }
    }

    private func beginRound() -> Bool {
        writing.withLock { writing in
            writing.isInRound = !writing.isOver
            return !writing.isOver
        }
    }

    /// Gives no more signs of life, so that the claim can be taken back: waits until the last one is given, for as long as one
    /// may take where the tree is there.
    func leave() {
        writing.withLock { $0.isOver = true }
        let deadline = Machine.steadyClock() + Post.interval
        while writing.withLock({ $0.isInRound }), Machine.steadyClock() < deadline { usleep(1000) }
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
