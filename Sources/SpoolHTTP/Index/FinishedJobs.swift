internal import NIOCore
internal import Scheduling
internal import SpoolModel
internal import SpoolStore

/// Finished jobs, latest first. A value: copies are cheap and do not change.
struct FinishedJobs: Sendable {
    /// A job with its text; without one, it is where the entry says.
    typealias Record = (entry: FinishedSegment.Entry, json: [UInt8]?)

    /// The jobs, in segments.
    private(set) var segments: [FinishedSegment] = []
    /// The projects and spiders of the jobs, which refer to them by index. A spider is there once for its jobs without a
    /// schedule, and once for each schedule that fired it.
    private(set) var places: [SpiderPlace] = []
    /// The schedule of each place; nil for jobs that none has fired.
    private(set) var schedules: [JobID?] = []
    /// The number of jobs of each place, by state.
    private(set) var counts: [StateCounts] = []
    /// Where the texts are.
    private(set) var texts = TextSources()
    /// The number of jobs, and the bytes of all texts, each with a separator before it.
    private(set) var count = 0, byteCount = 0
    private var numbers: [SummaryPlace: Int32] = [:]

    /// How many jobs are put in at once for which all that follow are put together anew.
    private static let many = 256

    // MARK: Records

    /// The index of a spider and its schedule.
    mutating func number(of origin: SummaryPlace) -> Int32 {
        if let number = numbers[origin] { return number }
        let number = Int32(clamping: places.count)
        places.append(origin.place)
        schedules.append(origin.schedule)
        counts.append(StateCounts())
        numbers[origin] = number
        return number
    }

    /// The record of a job.
    ///
    /// - Parameter stamp: of its files, before they were read.
    mutating func record(of job: Job, _ stamp: JobStamp, in zone: TimeZoneRules) -> Record {
        let (metadata, status) = (job.metadata, job.status)
        let place = SpiderPlace(project: metadata.project, spider: metadata.spider)
        let json = JSONWriter.record(of: job, in: zone)
        let at = status[.at] ?? metadata.created
        let entry = FinishedSegment.Entry(
            id: job.id, at: at, stamp: stamp, text: .none, length: Int32(clamping: json.count),
            place: number(of: SummaryPlace(place, firedBy: metadata.firedBy)),
            seconds: Int32(clamping: status.duration ?? -1),
            day: Int32(clamping: zone.civil(at: status[.ended] ?? at).daysSinceEpoch), state: status.state)
        return (entry, json)
    }

    /// The record of a job in a summary. Every record has to be added.
    ///
    /// - Parameter place: the index of its spider here.
    mutating func record(of record: DaySummary.Record, place: Int32, in zone: TimeZoneRules) -> Record {
        let entry = FinishedSegment.Entry(
            id: record.id, at: record.at, stamp: record.stamp,
            text: texts.place(inSummaryOf: record.id.dayNumber, at: record.text.offset), length: record.text.length,
            place: place, seconds: record.seconds,
            day: Int32(clamping: zone.civil(at: record.ended ?? record.at).daysSinceEpoch), state: record.state)
        return (entry, nil)
    }

    // MARK: Changes

    /// Adds jobs that are not in it yet.
    mutating func add(_ records: [Record]) {
        guard !records.isEmpty else { return }
        var entries = records.map { record in
            record.json.map { record.entry.with(text: texts.add($0)) } ?? record.entry
        }
        entries.sort { $0.precedes($1) }
        for entry in entries {
            count += 1
            byteCount += entry.size
            counts[Int(entry.place)].add(entry.state, 1)
        }
        insert(entries)
    }

    private mutating func insert(_ entries: [FinishedSegment.Entry]) {
        guard let first = entries.first, let last = entries.last else { return }
        guard !segments.isEmpty else { return segments = FinishedSegment.segments(of: entries) }
        if let start = segments[0].entries.first, last.precedes(start), segments[0].isFull(for: last) {
            // A full segment is left unchanged.
            return segments.insert(contentsOf: FinishedSegment.segments(of: entries), at: 0)
        }
        if entries.count >= FinishedJobs.many {
            let range = index(for: first.at, first.id)...index(for: last.at, last.id)
            let all = FinishedSegment.merged(segments[range].flatMap(\.entries), entries)
            return segments.replaceSubrange(range, with: FinishedSegment.segments(of: all))
        }
        var rest = entries[...]
        while let first = rest.first {
            let index = index(for: first.at, first.id)
            // The entries before the next segment begins.
            let next = index + 1 < segments.count ? segments[index + 1].entries.first : nil
            let group = next.map { next in rest.prefix { $0.precedes(next) } } ?? rest
            // A job between two segments may precede all of the second.
            let taken = group.isEmpty ? rest.prefix(1) : group
            rest = rest.dropFirst(taken.count)
            segments.replaceSubrange(
                index...index, with: FinishedSegment.segments(of: segments[index].merged(with: Array(taken))))
        }
    }

    /// Removes a job.
    ///
    /// - Parameter at: its last change, as it was added.
    mutating func remove(_ id: JobID, _ at: Timestamp) {
        let index = index(for: at, id)
        guard index < segments.count, let inside = segments[index].index(of: id, at: at) else { return }
        let entry = segments[index].entries[inside]
        texts.remove(entry.text)
        count -= 1
        byteCount -= entry.size
        counts[Int(entry.place)].add(entry.state, -1)
        segments[index] = segments[index].removing(at: inside)
        if segments[index].entries.isEmpty { segments.remove(at: index) }
    }

    /// Notes that texts are in the summary of a day now.
    mutating func move(_ moved: some Sequence<SummaryMove>, toSummaryOf day: Int64) {
        for move in moved {
            let index = index(for: move.at, move.id)
            guard index < segments.count, let inside = segments[index].index(of: move.id, at: move.at) else { continue }
            let present = segments[index].entries[inside]
            guard present.stamp == move.stamp, present.length == move.text.length else { continue }
            // The new place first: the source of the day stays while it has one.
            let place = texts.place(inSummaryOf: day, at: move.text.offset)
            texts.remove(present.text)
            segments[index].move(textAt: inside, to: place)
        }
    }

    /// A job by its id and its last change; nil if it is not there.
    func entry(of id: JobID, at: Timestamp) -> FinishedSegment.Entry? {
        let index = index(for: at, id)
        guard index < segments.count else { return nil }
        return segments[index].index(of: id, at: at).map { segments[index].entries[$0] }
    }

    /// The index of the segment for a job: the first one that does not end before it, or else the last one.
    func index(for at: Timestamp, _ id: JobID) -> Int {
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

/// The text of a job that is in a summary now.
struct SummaryMove: Sendable {
    let id: JobID
    let at: Timestamp
    let stamp: JobStamp
    let text: DaySummary.Text
}

/// Numbers of jobs by their final states.
struct StateCounts: Sendable {
    private(set) var successful = 0, failed = 0, canceled = 0

    /// The number of a state; 0 of those that are not final.
    subscript(state: JobState) -> Int {
        switch state {
        case .successful: successful
        case .failed: failed
        case .canceled: canceled
        case .scheduled, .pending, .running: 0
        }
    }

    mutating func add(_ state: JobState, _ number: Int) {
        switch state {
        case .successful: successful += number
        case .failed: failed += number
        case .canceled: canceled += number
        case .scheduled, .pending, .running: break
        }
    }
}

// MARK: Queries

extension FinishedJobs {
    /// The latest jobs of a state.
    func newest(_ count: Int, _ state: JobState) -> [JobID] {
        var found: [JobID] = []
        let total = counts.reduce(0) { $0 + $1[state] }
        for segment in segments {
            for entry in segment.entries where entry.state == state {
                if found.count == min(count, total) { return found }
                found.append(entry.id)
            }
            if found.count == min(count, total) { return found }
        }
        return found
    }

    /// The latest job of each spider of each project.
    func lastOfPlaces() -> [SpiderPlace: JobID] {
        var last: [SpiderPlace: JobID] = [:]
        var isKnown = counts.map { $0[.successful] + $0[.failed] + $0[.canceled] == 0 }
        var missing = isKnown.count { !$0 }
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
