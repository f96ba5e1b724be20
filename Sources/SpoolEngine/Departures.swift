internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Tells which jobs were taken out of the tree by hand, by watches of the directories of days.
struct Departures: ~Copyable {
    private let spool: Spool
    private let inotify: Inotify
    private var days: [String: Int32] = [:]
    private let root: Int32?

    /// Watches no day yet.
    init(of spool: Spool) throws(SystemError) {
        self.spool = spool
        inotify = try Inotify()
        root = try? inotify.watch(spool.jobs, for: .departures)
    }

    /// Readable when something has happened.
    func add(to queue: borrowing EventQueue, key: UInt64) throws(SystemError) {
        try queue.add(inotify.descriptor, key: key)
    }

    /// Tells of a day from now on. Where that cannot be, because there are too many watches, the hourly look finds what was
    /// taken out.
    mutating func watch(_ day: String) {
        guard days[day] == nil, let directory = try? spool.jobs.directory(day) else { return }
        days[day] = try? inotify.watch(directory, for: .departures)
    }

    /// The jobs that have gone since the last time; nil when events were lost, so that any may have.
    mutating func take() -> [JobID]? {
        guard let events = try? inotify.events() else { return nil }
        var gone: [JobID] = []
        for event in events {
            // A day that is moved away takes its watch with it, and all its jobs.
            if event.watch == -1 || event.watch == root { return nil }
            // An empty day that was deleted may come back.
            if event.isGone { days = days.filter { $0.value != event.watch } }
            if let id = JobID(event.name) { gone.append(id) }
        }
        return gone
    }
}
