internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// A remote shim's lease on its job: the right to write the status (`pen/`), and a heartbeat.
///
/// The heartbeat runs on its own thread: a network filesystem whose server is down blocks a writer indefinitely, and
/// the shim must still be able to end the spider.
final class RemoteLease: Sendable {
    /// The facts that the heartbeat has read from the tree.
    struct News: Sendable {
        /// The start of the last heartbeat that reached the tree, by the monotonic clock.
        var heardAt: Int64
        /// Whether the job belongs to another attempt by now, or has ended otherwise.
        var isSuperseded = false
        /// Whether the job's cancellation was requested.
        var isCanceled = false
    }

    private struct Writing {
        /// A status that still has to be published.
        var status: JobStatus?
        var isOver = false
        /// Whether there is a heartbeat thread, and whether it is working on a heartbeat.
        var hasThread = false
        var isInRound = false
        /// The number of heartbeats, and the time at which the next is due without a thread, by the monotonic clock.
        var count = 0
        var due: Int64 = 0
    }

    /// Microseconds between two heartbeats.
    private static let interval: Int64 = 2_000_000

    let remote: RemoteOptions
    private let id: String
    private let attempt: String
    private let job: JobDirectory
    private let news: Mutex<News>
    private let writing = Mutex(Writing())
    /// Wakes the thread for an immediate heartbeat.
    private let bell: EventFD

    /// Acquires the lease of a claimed attempt; nil if the engine has already revoked it.
    init?(_ remote: RemoteOptions, id: String, attempt: String) throws(SystemError) {
        self.remote = remote
        self.id = id
        self.attempt = attempt
        job = JobDirectory(try Directory(path: remote.directory))
        bell = try EventFD()
        news = Mutex(News(heardAt: SystemClock.monotonic()))
        guard try job.acquireLease(of: attempt) else { return nil }
        try job.heartbeat(0, of: attempt)
    }

    /// The newest facts.
    var latest: News { news.withLock { $0 } }

    /// Whether heartbeats have failed for so long that the engine may soon treat the job as lost.
    var isCutOff: Bool { SystemClock.monotonic() - latest.heardAt > Int64(remote.silence) * 1_000_000 }

    /// Schedules a status for publication and starts the heartbeat.
    func begin(_ status: JobStatus) {
        let hasThread = writing.withLock { writing in
            writing.status = status
            writing.due = 0
            return writing.hasThread
        }
        if hasThread { bell.ring() } else { beat() }
    }

    /// Starts the heartbeat thread, if there is none and a heartbeat is due. If no thread can be started, the caller
    /// sends the heartbeat itself, and the next one that is due tries again.
    func beat() {
        let now = SystemClock.monotonic()
        let isDue = writing.withLock { writing in
            guard !writing.hasThread, writing.due <= now else { return false }
            writing.due = now + RemoteLease.interval
            writing.hasThread = true
            return true
        }
        guard isDue else { return }
        do throws(SystemError) {
            try startThread(named: "beat") { [self] in
                while beginRound() {
                    round()
                    writing.withLock { $0.isInRound = false }
                    _ = bell.descriptor.isReadable(within: Int(RemoteLease.interval / 1000))
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

    /// Stops the heartbeat, so that the claim can be withdrawn. Waits for a heartbeat in progress, at most as long as
    /// one may take while the tree is available.
    func leave() {
        writing.withLock { $0.isOver = true }
        let deadline = SystemClock.monotonic() + RemoteLease.interval
        while writing.withLock({ $0.isInRound }), SystemClock.monotonic() < deadline { usleep(1000) }
    }

    private func round() {
        let number = writing.withLock { writing in
            writing.count += 1
            return writing.count
        }
        let begun = SystemClock.monotonic()
        let status: JobStatus
        do {
            try job.heartbeat(number, of: attempt)
            guard publishWaiting() == true else { return }
            status = try job.status()
        } catch {
            // Not heard: after `silence` the job is cut off.
            return
        }
        let isOver = writing.withLock { $0.isOver }
        let isCanceled = job.directory.contains("../../../cancel/\(id)")
        news.withLock { news in
            news.heardAt = begun
            if !isOver, status.remoteAttempt != attempt { news.isSuperseded = true }
            if isCanceled { news.isCanceled = true }
        }
    }

    /// Publishes the scheduled status, if there is one.
    ///
    /// - Returns: false if the lease was revoked; nil if that is not known.
    private func publishWaiting() -> Bool? {
        writing.withLock { writing in
            guard !writing.isOver, let status = writing.status else { return true }
            // The next heartbeat tries again.
            guard let isOurs = try? job.publish(status, by: attempt) else { return nil }
            if isOurs { writing.status = nil } else { news.withLock { $0.isSuperseded = true } }
            return isOurs
        }
    }

    /// Publishes a status and stops the heartbeat; false if the lease was revoked.
    func publish(_ status: JobStatus) throws(SystemError) -> Bool {
        try end { () throws(SystemError) in try job.publish(status, by: attempt) }
    }

    /// Publishes the last status; false if the lease was revoked.
    func finish(_ status: JobStatus) throws(SystemError) -> Bool {
        let isOurs = try end { () throws(SystemError) in try job.finish(status, by: attempt) }
        // The space that was reserved for the engine's last status is not needed any more.
        if isOurs { job.directory.removeLeftover(".status.spare") }
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
