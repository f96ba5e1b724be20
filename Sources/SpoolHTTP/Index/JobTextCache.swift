internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// Texts of finished jobs that were requested individually. Each is kept until an event of its job's directory, or of
/// the day's, so that an answer needs no system call of its own.
final class JobTextCache: Sendable {
    /// The most jobs and the most bytes of their texts; beyond that, all are dropped.
    private static let capacity = 1024, byteCapacity = 4 << 20

    private struct Known {
        /// nil while the job is being read.
        var json: [UInt8]?
        let key: Int
        let since: Timestamp
        let watch: TreeObserver.Subscription
    }

    private struct State {
        var jobs: [JobID: Known] = [:]
        var days: [String: TreeObserver.Subscription] = [:]
        var byteCount = 0
        var nextKey = 0

        /// Keeps a text unless an event has come since the entry was made.
        mutating func keep(_ json: [UInt8], of id: JobID, _ key: Int) {
            guard jobs[id]?.key == key, json.count <= JobTextCache.byteCapacity else { return }
            jobs[id]?.json = json
            byteCount += json.count
        }

        mutating func forget(_ id: JobID) {
            byteCount -= jobs.removeValue(forKey: id)?.json?.count ?? 0
        }
    }

    private let source: IndexSource
    private let state = Mutex(State())

    init(_ source: IndexSource) {
        self.source = source
    }

    /// The bytes of all texts.
    var byteCount: Int { state.withLock { $0.byteCount } }

    /// The text of a job, if it is kept. The caller has taken the pending events.
    func text(of id: JobID) -> [UInt8]? {
        guard let known = state.withLock({ $0.jobs[id] }), !source.isSearchDue(after: known.since) else { return nil }
        return known.json
    }

    /// Reads the text of a job, and keeps it if the job has ended. Blocks on the disk.
    func text(of id: JobID, reading: () throws -> (json: [UInt8], hasEnded: Bool)) throws -> [UInt8] {
        // Watched before it is read, so that a change in between sends an event.
        let key = watch(id)
        do {
            let (json, hasEnded) = try reading()
            if let key { state.withLock { hasEnded ? $0.keep(json, of: id, key) : $0.forget(id) } }
            return json
        } catch {
            state.withLock { $0.forget(id) }
            throw error
        }
    }

    /// Watches a job and its day; nil if that is not possible. Returns the key of the entry.
    private func watch(_ id: JobID) -> Int? {
        let day = id.day
        let isDayWatched = state.withLock { $0.days[day] != nil }
        guard let directory = source.spool.jobs.directoryIfAny(day) else { return nil }
        var daySubscription: TreeObserver.Subscription?
        if !isDayWatched {
            daySubscription = source.observer.watch(directory, for: [.arrivals, .departures, .ends]) { [weak self] in
                self?.note($0, inDay: day)
            }
            if daySubscription == nil { return nil }
        }
        guard let job = directory.directoryIfAny(id.description),
            let subscription = source.observer.watch(
                job, for: [.arrivals, .departures, .closings, .ends],
                { [weak self] event in
                    if event.name.isEmpty || event.name == "status" || event.name == "metadata.json" {
                        self?.state.withLock { $0.forget(id) }
                    }
                })
        else { return nil }
        return state.withLock { state in
            if state.jobs.count >= JobTextCache.capacity || state.byteCount >= JobTextCache.byteCapacity {
                state = State(nextKey: state.nextKey)
            }
            if let daySubscription { state.days[day] = daySubscription }
            // It was dropped meanwhile.
            guard state.days[day] != nil else { return nil }
            state.forget(id)
            state.nextKey += 1
            state.jobs[id] = Known(key: state.nextKey, since: .now, watch: subscription)
            return state.nextKey
        }
    }

    private func note(_ event: Inotify.Event, inDay day: String) {
        state.withLock { state in
            if let id = JobID(event.name) { return state.forget(id) }
            guard event.name.isEmpty else { return }
            // The day itself was removed or moved, or events were lost.
            for id in state.jobs.keys where id.day == day { state.forget(id) }
            state.days[day] = nil
        }
    }
}
