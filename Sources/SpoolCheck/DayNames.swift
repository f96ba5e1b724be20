internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// The names in the directory of a day.
struct DayNames {
    /// The jobs of that day, sorted.
    private(set) var jobs: [JobID] = []
    /// Jobs of another day, or whose name has capital letters, with their names.
    private(set) var misplaced: [(name: String, id: JobID)] = []
    /// Other names that are not hidden.
    private(set) var strangers: [FileName] = []
    /// The error after which the lists are incomplete.
    private(set) var failure: SystemError?

    /// Lists a day. The lists are empty if its directory is missing or cannot be opened, which `findings(ofDay:)`
    /// reports.
    init(_ day: String, in spool: Spool) {
        guard let directory = spool.jobs.directoryIfAny(day) else { return }
        do throws(SystemError) {
            try list(directory, day)
        } catch {
            if !error.isGone { failure = error }
        }
        jobs.sort()
        misplaced.sort { $0.id < $1.id }
        strangers.sort()
    }

    private mutating func list(_ directory: borrowing Directory, _ day: String) throws(SystemError) {
        try directory.forEachName { name, _ in
            guard let id = name.jobID, let name = name.text else {
                if !name.isHidden { strangers.append(name) }
                return
            }
            if id.day == day, name.utf8.allSatisfy({ !(0x41...0x5a).contains($0) }) {
                jobs.append(id)
            } else {
                misplaced.append((name, id))
            }
        }
    }
}

extension FileName {
    /// The job's id that the name spells in small or capital letters; nil if none.
    var jobID: JobID? { text.flatMap { JobID($0) } }
}
