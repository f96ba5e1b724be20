internal import SpoolModel
internal import SpoolStore

/// The jobs whose logs are searched, one after the other: those that have not ended by their ids, then the others by their
/// ends, the latest first in both. A value; it takes no room for each finished job.
struct LogSearchJobs: Sendable {
    /// A job.
    struct Target: Sendable {
        let id: JobID
        /// When it has ended; nil if it has not.
        let ended: Timestamp?
        let spider: SpiderPlace
    }

    /// The jobs that have not ended, in reverse.
    private var active: [Target]
    private let finished: FinishedJobs
    private let states: Set<JobState>
    private let filter: JobFilter
    private let isWanted: [Bool]
    private var segment = 0, entry = 0

    /// Jobs at one moment.
    ///
    /// - Parameters:
    ///   - active: those that a filter wants among the jobs that `finished` lacks.
    ///   - place: the job to begin with, or with those after it if it is gone; nil for the first one.
    init(
        active: [Job], _ finished: FinishedJobs, in states: Set<JobState>, _ filter: JobFilter,
        from place: LogSearchPlace?
    ) {
        // The times of ends do not change. By ids the others keep their order as well, whatever happens to them.
        self.active = active.map {
            Target(
                id: $0.id, ended: nil,
                spider: SpiderPlace(project: $0.metadata.project, spider: $0.metadata.spider))
        }
        .sorted { $0.id < $1.id }
        self.finished = finished
        self.states = states
        self.filter = filter
        isWanted = finished.isWanted(by: filter)
        guard let place else { return }
        guard let ended = place.ended else {
            self.active.removeAll { place.job < $0.id }
            return
        }
        self.active = []
        segment = finished.index(for: ended, place.job)
        guard segment < finished.segments.count else { return }
        entry =
            finished.segments[segment].entries.firstIndex { !$0.precedes(ended, place.job) }
            ?? finished.segments[segment].entries.count
    }

    /// The next job; nil after the last one.
    mutating func next() -> Target? {
        if let target = active.popLast() { return target }
        while segment < finished.segments.count {
            let entries = finished.segments[segment].entries
            while entry < entries.count {
                let job = entries[entry]
                entry += 1
                let place = Int(job.place)
                guard states.contains(job.state), isWanted[place], filter.wants(day: Int(job.day)) else { continue }
                return Target(id: job.id, ended: job.at, spider: finished.places[place])
            }
            (segment, entry) = (segment + 1, 0)
        }
        return nil
    }
}
