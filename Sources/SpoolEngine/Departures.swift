package import LinuxSystem
package import SpoolModel
package import SpoolStore

/// Detects jobs that were removed from the tree, with inotify watches of the day directories, and entries that HTTP has
/// left in `tmp/` to be deleted.
package struct Departures: ~Copyable {
    private let spool: Spool
    private let inotify: Inotify
    private var days: [String: Int32] = [:]
    /// Days whose watches have ended since the last event of `jobs/` about them.
    private var ended: Set<String> = []
    private let root: Int32?, staging: Int32?
    private var handed: [FileName] = []

    /// Watches `jobs/` and `tmp/`, and no day yet.
    package init(of spool: Spool) throws(SystemError) {
        self.spool = spool
        inotify = try Inotify()
        // Without it, the hourly listing finds removed days.
        root = inotify.watchIfPossible(spool.jobs, for: .departures)
        // The same for entries that were handed over.
        staging = inotify.watchIfPossible(spool.tmp, for: .movesIn)
    }

    /// Readable when something has happened.
    func add(to queue: borrowing EventQueue, key: UInt64) throws(SystemError) {
        try queue.add(inotify.descriptor, key: key)
    }

    /// Watches a day from now on. If that fails, because there are too many watches, the hourly listing finds removed
    /// jobs.
    package mutating func watch(_ day: String) {
        guard days[day] == nil, let directory = spool.jobs.directoryIfAny(day) else { return }
        days[day] = inotify.watchIfPossible(directory, for: .departures)
    }

    /// The jobs removed since the last call; nil if any job may be gone, because events were lost, or the directory of
    /// a day was moved.
    package mutating func take() -> [JobID]? {
        guard let events = inotify.eventsIfAny() else { return nil }
        var gone: [JobID] = []
        for event in events {
            // A moved day takes its watch and all its jobs with it.
            if event.watch == -1 { return nil }
            if event.watch == staging {
                let name = FileName(event.name)
                if Spool.isHandedOver(name) { handed.append(name) }
                continue
            }
            if event.watch == root {
                // The watch lives on while a process has the directory open, or where it was moved to. Another directory
                // of that name gets one of its own.
                let watch = days.removeValue(forKey: event.name)
                if let watch { inotify.unwatch(watch) }
                // A directory is deleted when it is empty: the purge does that, and its watch has reported each job.
                let isKnown = watch != nil || ended.remove(event.name) != nil
                guard event.isDeletion, isKnown else { return nil }
            }
            // An empty day that was deleted may come back.
            if event.isGone, let day = days.first(where: { $0.value == event.watch })?.key {
                days[day] = nil
                if ended.count >= 64 { ended = [] }
                ended.insert(day)
            }
            if let id = JobID(event.name) { gone.append(id) }
        }
        return gone
    }

    /// The entries of `tmp/` that were handed over before the last call of ``take()`` and after the one before it.
    package mutating func takeHanded() -> [FileName] {
        defer { handed = [] }
        return handed
    }
}
