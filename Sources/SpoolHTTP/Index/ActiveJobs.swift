package import SpoolModel
internal import SpoolStore

/// The jobs in `active/`, at one moment: those that are not finished, and those that have just finished. A value.
package struct ActiveJobs: Sendable {
    /// A job, and its record in `list-jobs.json`.
    struct Entry: Sendable {
        let job: Job
        let json: [UInt8]
        /// The stamp of the status; nil if it could not be read.
        let stamp: StatusStamp?

        /// The last change, by which lists are ordered.
        var at: Timestamp { job.status[.at] ?? job.metadata.created }
    }

    private(set) var entries: [JobID: Entry] = [:]
    /// The number of scheduled jobs.
    private(set) var scheduledCount = 0
    /// The statuses of running jobs, and of ended ones that are still marked: ``JobCounters`` may not have counted
    /// them.
    private(set) var uncounted: [JobID: JobStatus] = [:]

    /// No jobs.
    init() {}

    /// Adds, replaces or removes a job.
    mutating func set(_ entry: Entry?, for id: JobID) {
        let earlier = entries.updateValue(entry, orRemoveFor: id)
        if earlier?.job.status.state == .scheduled { scheduledCount -= 1 }
        uncounted[id] = nil
        guard let status = entry?.job.status else { return }
        if status.state == .scheduled { scheduledCount += 1 }
        if status.state == .running || status.state.isFinal { uncounted[id] = status }
    }

    /// The status of each job.
    package var statuses: [JobID: JobStatus] { entries.mapValues(\.job.status) }

    /// The jobs that are not finished, in no order.
    var jobs: [Job] { entries.values.map(\.job).filter { !$0.status.state.isFinal } }

    /// Jobs of a selection, the newest change first.
    func entries(of selection: JobSelection) -> [Entry] {
        entries.values.filter { selection.states.contains($0.job.status.state) }
            .sorted { ($1.at, $1.job.id) < ($0.at, $0.job.id) }
    }

    /// The jobs that have ended and are still marked, in no order.
    var ended: [Entry] { uncounted.compactMap { $0.value.state.isFinal ? entries[$0.key] : nil } }
}

extension Dictionary {
    /// Sets a value, or removes it for nil; returns the earlier one.
    fileprivate mutating func updateValue(_ value: Value?, orRemoveFor key: Key) -> Value? {
        if let value { updateValue(value, forKey: key) } else { removeValue(forKey: key) }
    }
}
