internal import LinuxSystem
internal import NIOCore
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The jobs in `active/` as they are now (``ActiveJobs``).
///
/// It has a watch on each of them and on no other job, and one on each of their days: the mark of a job is made before
/// the job, and a directory that is removed while a process has it open sends no event of its own (inotify(7)).
final class ActiveIndex: TreeIndex {
    typealias Entry = ActiveJobs.Entry

    /// A watched directory.
    enum Place {
        /// `active/`.
        case marks
        /// `jobs/`, with a directory for each day.
        case days
        case day(String)
        case job(JobID)
    }

    /// The parts that have to be read again.
    struct Stale {
        /// Everything: nothing was read yet, or events were lost.
        var isAll = true
        /// Changes that no event reports have to be searched for.
        var isSearchDue = false
        var ids: Set<JobID> = []
        var days: Set<String> = []

        var isEmpty: Bool { !isAll && !isSearchDue && ids.isEmpty && days.isEmpty }
    }

    /// The known jobs.
    struct Content {
        fileprivate(set) var value = ActiveJobs()
        fileprivate var stale = Stale()
        fileprivate var isBeingRead = false
        /// Whether all that has to be watched is; otherwise everything is read for each query.
        fileprivate(set) var isWatched = false
        /// The time of the last search for changes without events.
        fileprivate var searched = Timestamp(microseconds: 0)
        /// Marks whose job is not there yet, no longer there, or unreadable. An event reports when that changes.
        fileprivate var awaited: Set<JobID> = []
        /// Answers that were assembled since the last change.
        fileprivate var lists: [JobSelection: ByteBuffer] = [:]
        /// Yields when something has become stale; nil if there is no feed of events.
        fileprivate var signal: AsyncStream<Void>.Continuation?
        /// With a feed, the jobs that have lost their marks since it asked.
        fileprivate var unmarked: Set<JobID> = []
    }

    /// The most bytes of all lists that are kept.
    fileprivate static let listLimit = 16 << 20

    let content = Mutex(Content())
    let source: IndexSource
    let rounds: Rounds
    /// The watches, which only the present round uses.
    private let watches = Mutex(ActiveReading.Watches())

    init(_ source: IndexSource) {
        self.source = source
        rounds = Rounds(on: source.submit)
    }

    /// Drops all jobs: they are read for the next query.
    func drop() {
        content.withLock { $0.stale.isAll = true }
    }

    /// Signals from now on when something has become stale; no longer for nil.
    func signal(_ continuation: AsyncStream<Void>.Continuation?) {
        content.withLock { content in
            content.signal = continuation
            content.unmarked = []
        }
    }

    func freshness(of content: inout Content) -> Freshness {
        if !content.isBeingRead, source.isSearchDue(after: content.searched) { content.stale.isSearchDue = true }
        if !content.stale.isEmpty { return .stale }
        if content.isBeingRead { return .beingRead }
        return content.isWatched ? .current : .stale
    }

    // MARK: Events

    func note(_ event: Inotify.Event, in place: Place) {
        content.withLock { content in
            if content.take(event, in: place) { content.signal?.yield() }
        }
    }

    // MARK: Reading

    func read() throws {
        var reading = ActiveReading(for: self, watches: watches.withLock { $0 })
        // The watches are those of the reading alone now: one that it drops ends.
        watches.withLock { $0 = ActiveReading.Watches() }
        defer { watches.withLock { $0 = reading.watches } }
        let (stale, value) = content.withLock { $0.begin() }
        do {
            try reading.read(stale, known: value)
        } catch {
            content.withLock { content in
                content.isBeingRead = false
                content.stale.isAll = true
            }
            throw error
        }
        content.withLock { $0.end(stale, reading) }
    }
}

extension ActiveIndex.Content {
    var entries: [JobID: ActiveJobs.Entry] { value.entries }
    var jobs: [Job] { value.jobs }
    var ended: [ActiveJobs.Entry] { value.ended }
    var scheduledCount: Int { value.scheduledCount }
    var uncounted: some Sequence<(id: JobID, status: JobStatus)> {
        value.uncounted.lazy.map { (id: $0.key, status: $0.value) }
    }

    func entries(of selection: JobSelection) -> [ActiveJobs.Entry] { value.entries(of: selection) }

    /// The answer with the jobs of a selection, kept until the next change.
    mutating func list(of selection: JobSelection) -> ByteBuffer {
        if let list = lists[selection] { return list }
        let list = JobList.text(of: entries(of: selection).map(\.json))
        let size = lists.values.reduce(list.readableBytes) { $0 + $1.readableBytes }
        if size <= ActiveIndex.listLimit { lists[selection] = list }
        return list
    }

    /// The jobs that have lost their marks since the last call.
    mutating func takeUnmarked() -> Set<JobID> {
        defer { unmarked = [] }
        return unmarked
    }

    /// Notes what an event has made stale; returns whether anything has become so.
    fileprivate mutating func take(_ event: Inotify.Event, in place: ActiveIndex.Place) -> Bool {
        if event.isLost {
            stale.isAll = true
            return true
        }
        switch place {
        case .marks, .days:
            if event.isGone {
                stale.isAll = true
            } else if case .days = place, !event.name.isEmpty {
                stale.days.insert(event.name)
            } else if let id = JobID(event.name) {
                stale.ids.insert(id)
            } else {
                return false
            }
        case .day(let day):
            if event.isGone {
                stale.days.insert(day)
            } else if let id = JobID(event.name), isBeingRead || value.entries[id] != nil || awaited.contains(id) {
                // Jobs without a mark come and go as well. A round may be finding this one's mark.
                stale.ids.insert(id)
            } else {
                return false
            }
        case .job(let id):
            guard event.isGone || ["status", "metadata.json", "paused"].contains(event.name) else { return false }
            stale.ids.insert(id)
        }
        return true
    }

    /// Begins a round: returns what it has to read, and the known jobs if it has to search for changes.
    fileprivate mutating func begin() -> (ActiveIndex.Stale, ActiveJobs?) {
        var taken = stale
        if !isWatched { taken.isAll = true }
        stale = ActiveIndex.Stale()
        stale.isAll = false
        isBeingRead = true
        if !taken.days.isEmpty {
            taken.ids.formUnion(value.entries.keys.filter { taken.days.contains($0.day) })
            taken.ids.formUnion(awaited.filter { taken.days.contains($0.day) })
        }
        if taken.isAll || taken.isSearchDue { searched = .now }
        return (taken, taken.isSearchDue && !taken.isAll ? value : nil)
    }

    /// Ends a round.
    fileprivate mutating func end(_ taken: ActiveIndex.Stale, _ reading: ActiveReading) {
        isBeingRead = false
        isWatched = reading.isWatched && (isWatched || taken.isAll)
        lists = [:]
        if taken.isAll {
            if signal != nil { unmarked.formUnion(value.entries.keys.filter { reading.found[$0] == nil }) }
            value = ActiveJobs()
            awaited = []
        }
        for (id, finding) in reading.found {
            awaited.remove(id)
            switch finding {
            case .marked(let entry): value.set(entry, for: id)
            case .awaited, .unread:
                value.set(nil, for: id)
                awaited.insert(id)
                if case .unread = finding { stale.ids.insert(id) }
            case .unmarked:
                value.set(nil, for: id)
                if signal != nil { unmarked.insert(id) }
            }
        }
    }
}
