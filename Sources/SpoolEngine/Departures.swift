internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Detects jobs that were removed from the tree, with inotify watches of the day directories.
struct Departures: ~Copyable {
    private let spool: Spool
    private let inotify: Inotify
    private var days: [String: Int32] = [:]
    private let root: Int32?

    /// Watches `jobs/`, and no day yet.
    init(of spool: Spool) throws(SystemError) {
        self.spool = spool
        inotify = try Inotify()
        root = try? inotify.watch(spool.jobs, for: .departures)
    }

    /// Readable when something has happened.
    func add(to queue: borrowing EventQueue, key: UInt64) throws(SystemError) {
        try queue.add(inotify.descriptor, key: key)
    }

    /// Watches a day from now on. If that fails, because there are too many watches, the hourly listing finds removed
    /// jobs.
    mutating func watch(_ day: String) {
        guard days[day] == nil, let directory = try? spool.jobs.directory(day) else { return }
        days[day] = try? inotify.watch(directory, for: .departures)
    }

    /// The jobs removed since the last call; nil if any job may be gone, because events were lost, or the directory of
    /// a day was moved or deleted.
    mutating func take() -> [JobID]? {
        guard let events = try? inotify.events() else { return nil }
        var gone: [JobID] = []
        for event in events {
            // A moved day takes its watch and all its jobs with it.
            if event.watch == -1 || event.watch == root { return nil }
            // An empty day that was deleted may come back.
            if event.isGone { days = days.filter { $0.value != event.watch } }
            if let id = JobID(event.name) { gone.append(id) }
        }
        return gone
    }
}
