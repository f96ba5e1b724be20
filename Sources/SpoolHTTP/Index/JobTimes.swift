internal import SpoolModel

/// The times of the last changes of jobs, by id: 24 bytes for each.
struct JobTimes: Sendable {
    private struct Job {
        let id: JobID
        let at: Timestamp
    }

    /// Most of the jobs, the highest id first: those of the latest day are read first, and others are put behind them.
    private var base: [Job] = []
    /// The changes since; nil for jobs that were removed.
    private var changes: [JobID: Timestamp?] = [:]

    /// At least so many changes are put in at once, or an eighth of the jobs.
    private static let fewChanges = 4096

    /// The time of a job; nil if it is not there.
    subscript(id: JobID) -> Timestamp? { changes[id] ?? index(of: id).map { base[$0].at } }

    /// All jobs.
    var ids: [JobID] {
        base.map(\.id).filter { changes[$0] == nil } + changes.compactMap { $0.value == nil ? nil : $0.key }
    }

    /// Adds jobs, or sets their times.
    mutating func set(_ jobs: [(id: JobID, at: Timestamp)]) {
        var sorted = jobs.map { Job(id: $0.id, at: $0.at) }
        sorted.sort { $1.id < $0.id }
        if changes.isEmpty, jobs.count > 1, let last = base.last ?? sorted.first, let first = sorted.first,
            base.isEmpty || first.id < last.id
        {
            return base += sorted
        }
        for job in sorted { changes[job.id] = .some(job.at) }
        if changes.count > max(JobTimes.fewChanges, base.count / 8) { settle() }
    }

    /// Removes a job; returns its time.
    mutating func remove(_ id: JobID) -> Timestamp? {
        guard let at = self[id] else { return nil }
        changes.updateValue(nil, forKey: id)
        return at
    }

    private mutating func settle() {
        let new = changes.compactMap { id, at in at.map { Job(id: id, at: $0) } }.sorted { $1.id < $0.id }
        var all: [Job] = []
        all.reserveCapacity(base.count + new.count)
        var rest = new[...]
        for job in base where changes[job.id] == nil {
            while let next = rest.first, job.id < next.id {
                all.append(next)
                rest.removeFirst()
            }
            all.append(job)
        }
        base = all + rest
        changes = [:]
    }

    private func index(of id: JobID) -> Int? {
        var (low, high) = (0, base.count)
        while low < high {
            let middle = (low + high) / 2
            if id < base[middle].id { low = middle + 1 } else { high = middle }
        }
        return low < base.count && base[low].id == id ? low : nil
    }
}
