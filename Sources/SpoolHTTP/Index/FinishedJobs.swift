internal import NIOCore
internal import Scheduling
internal import SpoolModel
internal import SpoolStore

/// Finished jobs in memory, latest first, with their texts. A value: copies are cheap and do not change.
struct FinishedJobs: Sendable {
    /// The jobs, in segments.
    private(set) var segments: [FinishedSegment] = []
    /// The projects and spiders of the jobs, which refer to them by index. A spider is there once for its jobs without a
    /// schedule, and once for each schedule that fired it.
    private(set) var places: [SpiderPlace] = []
    /// The schedule of each place; nil for jobs that none has fired.
    private(set) var schedules: [JobID?] = []
    private var numbers: [Origin: Int32] = [:]

    /// What a place is found by.
    private struct Origin: Hashable {
        let place: SpiderPlace
        let schedule: JobID?
    }

    /// The number of jobs.
    var count: Int { segments.reduce(0) { $0 + $1.entries.count } }

    /// The bytes of all texts.
    var byteCount: Int { segments.reduce(0) { $0 + $1.bytes.readableBytes } }

    /// The record of a job.
    ///
    /// - Parameter stamp: the stamp of its status when it was read.
    mutating func record(of job: Job, _ stamp: StatusStamp, in zone: TimeZoneRules) -> FinishedSegment.Record {
        let (metadata, status) = (job.metadata, job.status)
        let place = SpiderPlace(project: metadata.project, spider: metadata.spider)
        let origin = Origin(place: place, schedule: metadata.firedBy)
        let number = numbers[origin] ?? Int32(places.count)
        if number == places.count {
            places.append(place)
            schedules.append(metadata.firedBy)
            numbers[origin] = number
        }
        let json = JSONWriter.record(of: job, in: zone)
        let at = status[.at] ?? metadata.created
        let entry = FinishedSegment.Entry(
            id: job.id, at: at, stamp: stamp, length: Int32(json.count), place: number,
            seconds: Int32(clamping: status.duration ?? -1),
            day: Int32(clamping: zone.civil(at: status[.ended] ?? at).daysSinceEpoch), state: status.state)
        return (entry, json)
    }

    /// Adds jobs that are not in it yet.
    mutating func add(_ records: [FinishedSegment.Record]) {
        var rest = records.sorted { $0.entry.precedes($1.entry.at, $1.entry.id) }[...]
        while let first = rest.first {
            let index = index(for: first.entry.at, first.entry.id)
            // The records before the next segment begins.
            let next = index + 1 < segments.count ? segments[index + 1].entries.first : nil
            let group = next.map { next in rest.prefix { $0.entry.precedes(next.at, next.id) } } ?? rest
            rest = rest.dropFirst(group.count)
            add(group, at: index)
        }
    }

    private mutating func add(_ group: ArraySlice<FinishedSegment.Record>, at index: Int) {
        if index == segments.count { segments.append(FinishedSegment()) }
        let first = group[group.startIndex], last = group[group.endIndex - 1]
        let ends = (segments[index].entries.first, segments[index].entries.last)
        if index == segments.count - 1, ends.1.map({ $0.precedes(first.entry.at, first.entry.id) }) ?? true {
            // Reading from the latest on adds them in order.
            for record in group {
                if segments[segments.count - 1].isFull(for: record) { segments.append(FinishedSegment()) }
                segments[segments.count - 1].append(record)
            }
        } else if index == 0, let start = ends.0, last.entry.precedes(start.at, start.id),
            segments[0].isFull(for: last)
        {
            // A full segment is left unchanged.
            segments.insert(contentsOf: FinishedSegment().merged(with: Array(group)), at: 0)
        } else {
            segments.replaceSubrange(index...index, with: segments[index].merged(with: Array(group)))
        }
    }

    /// Removes a job.
    ///
    /// - Parameter at: its last change, as it was added.
    mutating func remove(_ id: JobID, _ at: Timestamp) {
        let index = index(for: at, id)
        guard index < segments.count else { return }
        segments[index].remove(id)
        if segments[index].entries.isEmpty { segments.remove(at: index) }
    }

    /// A job by its id and its last change; nil if it is not there.
    func entry(of id: JobID, at: Timestamp) -> FinishedSegment.Entry? {
        let index = index(for: at, id)
        return index < segments.count ? segments[index].entries.first { $0.id == id } : nil
    }

    /// The index of the segment for a job: the first one that does not end before it, or else the last one.
    private func index(for at: Timestamp, _ id: JobID) -> Int {
        var (low, high) = (0, max(0, segments.count - 1))
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].entries.last?.precedes(at, id) ?? false {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}

// MARK: Queries

extension FinishedJobs {
    /// The latest jobs of a state.
    func newest(_ count: Int, _ state: JobState) -> [JobID] {
        Array(segments.lazy.flatMap(\.entries).filter { $0.state == state }.prefix(count).map(\.id))
    }

    /// The latest job of each spider of each project.
    func lastOfPlaces() -> [SpiderPlace: JobID] {
        var last: [SpiderPlace: JobID] = [:]
        var isKnown = [Bool](repeating: false, count: places.count)
        var missing = places.count
        for segment in segments where missing > 0 {
            for entry in segment.entries where !isKnown[Int(entry.place)] {
                isKnown[Int(entry.place)] = true
                missing -= 1
                let place = places[Int(entry.place)]
                if last[place] == nil { last[place] = entry.id }
            }
        }
        return last
    }

    /// The last ends of each spider of each project.
    var lastEnds: [SpiderPlace: JobTotals.LastEnds] {
        var last = [JobTotals.LastEnds?](repeating: nil, count: places.count)
        // A spider is done with once a success is known.
        var missing = places.count
        for segment in segments where missing > 0 {
            for entry in segment.entries {
                let place = Int(entry.place)
                guard last[place]?.success == nil else { continue }
                if last[place] == nil { last[place] = JobTotals.LastEnds(any: entry.at) }
                guard entry.state == .successful else { continue }
                last[place]?.success = entry.at
                missing -= 1
            }
        }
        return Dictionary(zip(places, last).compactMap { place, end in end.map { (place, $0) } }) {
            var ends = $0
            ends.add($1)
            return ends
        }
    }
}
