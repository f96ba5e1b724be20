internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// A stream of changes of a job that keeps its watches alive.
struct DirectoryChanges: AsyncSequence, Sendable {
    let stream: AsyncStream<Void>
    fileprivate let subscriptions: [TreeObserver.Subscription]
    fileprivate let news: News?

    /// Whether the noted name may have changed since the last call; true at first.
    func takeNews() -> Bool { news?.take() ?? true }

    func makeAsyncIterator() -> AsyncStream<Void>.Iterator {
        stream.makeAsyncIterator()
    }
}

extension TreeObserver {
    /// The changes of a job's directory from now on: new names, and the directory's removal or move. The first one comes
    /// at once, so that a loop begins with a read; concurrent ones are merged. If no watch can be set, one comes each
    /// second. The stream ends when the client disconnects.
    ///
    /// - Parameters:
    ///   - directory: the open directory of the job.
    ///   - name: a name whose possible changes ``DirectoryChanges/takeNews()`` reports; the end of the directory counts
    ///     as well.
    ///   - log: a file whose writes are changes too.
    func changes(
        of directory: borrowing JobDirectory, _ id: JobID, in spool: Spool, noting name: String = "",
        log: FileBytes? = nil, until departure: Departure
    ) -> DirectoryChanges {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let news = News()
        let subscriptions = watch(
            directory, id, in: spool, noting: name, log: log, waking: Waker(continuation), for: news)
        guard let subscriptions else { return ticks(until: departure) }
        continuation.yield()
        // After the first change, so that a client that has closed its sending side gets the existing content.
        departure.onLeave { continuation.finish() }
        return DirectoryChanges(stream: stream, subscriptions: subscriptions, news: news)
    }

    /// Wakes something at the changes of a job's directory: see ``changes(of:_:in:noting:log:until:)``. Nil if a watch
    /// cannot be set.
    ///
    /// - Parameters:
    ///   - followers: the number of clients that are served at each write to the log.
    ///   - news: notes the changes of `name` and the end of the directory.
    func watch(
        _ directory: borrowing JobDirectory, _ id: JobID, in spool: Spool, noting name: String, log: FileBytes?,
        waking waker: Waker, followers: @escaping @Sendable () -> Int = { 1 }, for news: News
    ) -> [Subscription]? {
        var subscriptions = [
            watch(directory.directory, for: [.arrivals, .ends], waking: waker) { event in
                if event.name == name || event.name.isEmpty { news.come() }
                return true
            }
        ]
        // A directory that is removed while it is open, as here, sends no event of its own.
        var above: Subscription?
        if let day = spool.jobs.directoryIfAny(id.day) {
            let text = id.description
            above = watch(day, for: [.departures, .ends], waking: waker) { event in
                guard event.name.isEmpty || event.name == text else { return false }
                news.come()
                return true
            }
        }
        subscriptions.append(above)
        if let log {
            subscriptions.append(
                log.watch(by: self, waking: waker, followers: followers) { event in
                    if event.isLost { news.come() }
                    return true
                })
        }
        let set = subscriptions.compactMap { $0 }
        return set.count == subscriptions.count ? set : nil
    }

    /// A notification each second, without a watch.
    private func ticks(until departure: Departure) -> DirectoryChanges {
        let isFirst = Atomic(true)
        let stream = AsyncStream {
            if !isFirst.exchange(false, ordering: .relaxed) { await Task.pause(for: .seconds(1)) }
            return departure.hasLeft || self.hasStopped ? nil : ()
        }
        return DirectoryChanges(stream: stream, subscriptions: [], news: nil)
    }
}

/// A flag that a change has come; set at first.
final class News: Sendable {
    private let isThere = Atomic(true)

    func come() {
        isThere.store(true, ordering: .releasing)
    }

    func take() -> Bool {
        isThere.exchange(false, ordering: .acquiringAndReleasing)
    }
}
