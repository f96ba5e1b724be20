internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// One round of reading the jobs in `active/`. Everything is watched before it is read, so that a change in between
/// sends an event.
struct ActiveReading {
    /// The watches that are held from round to round.
    struct Watches: Sendable {
        fileprivate var marks: TreeObserver.Subscription?
        fileprivate var days: TreeObserver.Subscription?
        fileprivate var ofDay: [String: TreeObserver.Subscription] = [:]
        fileprivate var ofJob: [JobID: TreeObserver.Subscription] = [:]
    }

    /// What a job was found to be.
    enum Finding {
        case marked(ActiveJobs.Entry)
        /// Marked, and not there or unreadable.
        case awaited
        /// Like ``awaited``, and to be read once more: the system was short of resources.
        case unread
        case unmarked
    }

    private let index: ActiveIndex
    private let source: IndexSource
    private(set) var watches: Watches
    private(set) var found: [JobID: Finding] = [:]
    /// Whether every watch that was needed could be set.
    private(set) var isWatched = true

    init(for index: ActiveIndex, watches: Watches) {
        self.index = index
        source = index.source
        self.watches = watches
    }

    /// Reads the stale parts.
    ///
    /// - Parameter known: the known jobs, to search for changes that no event has reported.
    mutating func read(_ stale: ActiveIndex.Stale, known: ActiveJobs?) throws {
        var ids = stale.ids
        if stale.isAll {
            watches = Watches()
            watches.marks = watch(source.spool.active, .marks, for: [.arrivals, .departures])
            watches.days = watch(source.spool.jobs, .days, for: [.arrivals, .departures])
            ids = Set(try source.spool.activeIDs())
        } else if let known {
            let marked = Set(try source.spool.activeIDs())
            ids.formUnion(marked.symmetricDifference(known.entries.keys))
            for (id, entry) in known.entries
            where entry.stamp != stamp(of: id)
                || entry.job.status.state == .scheduled && source.spool.isPaused(id) != (entry.job.pause != nil)
            {
                ids.insert(id)
            }
        }
        for day in stale.days { watches.ofDay[day] = nil }
        for id in ids { found[id] = read(id) }
    }

    private mutating func read(_ id: JobID) -> Finding {
        guard source.spool.active.contains(id.description) else {
            watches.ofJob[id] = nil
            return .unmarked
        }
        // Watch the day before looking up the job, and the job before reading it.
        watchDay(of: id)
        do throws(SpoolError) {
            let directory = try source.spool.directory(of: id)
            watches.ofJob[id] = watch(directory.directory, .job(id), for: [.arrivals, .departures, .closings])
            // Before the status is read, so that the next search finds a change in between.
            let stamp = stamp(of: id)
            let job = try directory.job(id)
            let json = JSONWriter.record(of: job, in: source.zone)
            return .marked(ActiveJobs.Entry(job: job, json: json, stamp: stamp))
        } catch {
            if error.code == .missing, !source.spool.contains(id) { watches.ofJob[id] = nil }
            return error.isShortage ? .unread : .awaited
        }
    }

    private func stamp(of id: JobID) -> StatusStamp? {
        source.spool.jobs.informationIfAny("\(id.day)/\(id)/status")?.stamp
    }

    private mutating func watchDay(of id: JobID) {
        let day = id.day
        guard watches.ofDay[day] == nil, let directory = source.spool.jobs.directoryIfAny(day) else { return }
        watches.ofDay[day] = watch(directory, .day(day), for: [.arrivals, .departures])
    }

    private mutating func watch(
        _ directory: borrowing Directory, _ place: ActiveIndex.Place, for interest: Inotify.Interest
    ) -> TreeObserver.Subscription? {
        let subscription = source.observer.watch(directory, for: interest) { [weak index] event in
            index?.note(event, in: place)
        }
        if subscription == nil { isWatched = false }
        return subscription
    }
}

extension SpoolError {
    /// Whether a retry may succeed: the system is short of descriptors or memory, or a file was replaced on another
    /// machine while it was opened.
    var isShortage: Bool { cause?.isShortage ?? false }
}
