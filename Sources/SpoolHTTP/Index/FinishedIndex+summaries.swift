internal import LinuxSystem
internal import NIOCore
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// What a summary of a day will have, as it was read. The texts are those of the index.
struct DayDraft {
    /// A job that is in the index, and what a summary has of it besides.
    struct Job {
        let id: JobID
        let at: Timestamp
        let ended: Timestamp?
        let seal: UInt64
    }

    /// The day (`JobID.dayNumber`).
    let day: Int64
    /// How often summaries were dropped before its jobs were read.
    let drops: Int
    private(set) var jobs: [Job] = []
    /// Whether the present summary has something else than these jobs.
    var isOther = false

    /// A draft whose jobs are read from now on.
    init(day: Int64, in spool: Spool) { (self.day, drops) = (day, spool.summaryDropCount) }

    /// Adds a job whose changes from now on show in the seal.
    mutating func add(_ entry: FinishedSegment.Entry, seal: UInt64, ended: Timestamp?, isNew: Bool) {
        guard DaySummary.canHave(at: entry.at, ended: ended) else { return }
        jobs.append(Job(id: entry.id, at: entry.at, ended: ended, seal: seal))
        if isNew { isOther = true }
    }

    /// Whether a summary is to be written: the day is over, and the present one is another.
    var isDue: Bool { isOther && !jobs.isEmpty && FinishedIndex.isOver(day) }

    /// Whether the present summary is of no use: it has only jobs that are gone or were changed, whose texts would stay.
    var isObsolete: Bool { isOther && jobs.isEmpty && FinishedIndex.isOver(day) }
}

extension FinishedIndex {
    /// Microseconds between two looks for days without a summary.
    private static let summaryInterval = Int64(3_600_000_000)
    /// Jobs that are moved at a time, so that requests are not held up.
    private static let moveBatch = 512
    /// Jobs whose texts are put together at a time.
    private static let textBatch = 256
    /// About so many bytes a summary has of a job besides its text.
    private static let factBytes = 128

    /// Whether a day is over, so that jobs no longer come and go all the time. Ids without a day have none that goes on.
    static func isOver(_ day: Int64) -> Bool { day < Timestamp.now.seconds / 86_400 }

    /// Writes the summary of a day.
    ///
    /// - Parameter jobs: has the texts.
    /// - Returns: the texts that are in the summary now; none if it cannot be written, which changes no answer.
    func write(_ day: DayDraft, from jobs: FinishedJobs) -> [SummaryMove] {
        var known: [(entry: FinishedSegment.Entry, job: DayDraft.Job)] = day.jobs.compactMap { job in
            jobs.entry(of: job.id, at: job.at).map { ($0, job) }
        }
        known.sort { $0.entry.precedes($1.entry) }
        let size = known.reduce(0) { $0 + Int($1.entry.length) + FinishedIndex.factBytes }
        guard !known.isEmpty, source.spool.hasRoom(forSummary: Int64(size)), mayWrite() else { return [] }
        let reader = TextReader(source.spool, in: source.zone, mayRemake: false, onDamage: { [self] in noteDamage($0) })
        do {
            let draft = try SummaryDraft(of: JobID.day(of: day.day), in: source.spool, since: day.drops)
            var moves: [SummaryMove] = []
            moves.reserveCapacity(known.count)
            var rest = known[...]
            while !rest.isEmpty {
                let part = rest.prefix(FinishedIndex.textBatch)
                rest = rest.dropFirst(part.count)
                let texts = try reader.text(of: part.map(\.entry)[...], in: jobs)
                var offset = texts.readerIndex
                for (entry, job) in part {
                    let place = SummaryPlace(jobs.places[Int(entry.place)], firedBy: jobs.schedules[Int(entry.place)])
                    let text = try texts.withUnsafeReadableBytes { bytes -> DaySummary.Text? in
                        let start = offset - texts.readerIndex + entry.size - Int(entry.length)
                        let text = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + Int(entry.length))])
                        guard let timeOffset = TextSearch.time(in: text) else { return nil }
                        return try draft.add(
                            entry.id, entry.stamp, seal: job.seal, at: entry.at, ended: job.ended,
                            seconds: entry.seconds, entry.state, of: place, text: text, timeOffset: timeOffset)
                    }
                    offset += entry.size
                    if let text {
                        moves.append(SummaryMove(id: entry.id, at: entry.at, stamp: entry.stamp, text: text))
                    }
                }
            }
            try draft.publish()
            return moves
        } catch {
            // A full disk, a text that is gone, or a job that was deleted: without a summary the jobs are read.
            return []
        }
    }

    /// Notes a job whose text is not where it should be: it is read again for the next query, and the summary of its day is
    /// made anew after the next sweep.
    func noteDamage(_ id: JobID) {
        content.withLock { content in
            guard content.phase != .nothing else { return }
            content.stale.insert(id)
            content.summarized = Timestamp(microseconds: 0)
        }
    }

    /// Puts texts together for an answer.
    func reader() -> TextReader {
        TextReader(source.spool, in: source.zone) { [self] in noteDamage($0) }
    }

    /// Puts texts that are in memory into summaries, for days that are over by now. Reads the jobs of these days.
    func summarize(_ jobs: FinishedJobs) {
        let isDue = content.withLock { content in
            let age = Timestamp.now.microseconds(since: content.summarized)
            guard content.phase == .whole, age >= FinishedIndex.summaryInterval || age < 0 else { return false }
            content.summarized = .now
            return true
        }
        guard isDue, mayWrite() else { return }
        var days: Set<Int64> = []
        for entry in jobs.segments.lazy.flatMap(\.entries) where jobs.texts.isInMemory(entry.text) {
            days.insert(entry.id.dayNumber)
        }
        for day in days.sorted() where FinishedIndex.isOver(day) && !isEnding { summarize(day) }
    }

    private func summarize(_ number: Int64) {
        var jobs = FinishedJobs()
        var draft = DayDraft(day: number, in: source.spool)
        guard let directory = source.spool.jobs.directoryIfAny(JobID.day(of: number)) else { return }
        var records: [FinishedJobs.Record] = []
        for id in FinishedIndex.jobs(of: number, in: directory).map(\.id) {
            guard !isEnding else { return }
            let now = Timestamp.now
            guard case .finished(let job, let snapshot) = read(id),
                snapshot.isSettled(at: now, margin: margin)
            else { continue }
            let record = jobs.record(of: job, snapshot.stamp, in: source.zone)
            records.append(record)
            draft.add(record.entry, seal: snapshot.seal, ended: job.status[.ended], isNew: true)
        }
        jobs.add(records)
        var moves = write(draft, from: jobs)[...]
        while !moves.isEmpty {
            let part = moves.prefix(FinishedIndex.moveBatch)
            moves = moves.dropFirst(part.count)
            content.withLock { $0.jobs.move(part, toSummaryOf: number) }
        }
    }

    /// Removes summaries of days whose jobs are gone.
    func removeOldSummaries(_ days: Set<Int64>) {
        let old = source.spool.summaryDays().filter { name in
            JobID.dayNumber(of: name).map { !days.contains($0) } ?? false
        }
        guard !old.isEmpty, mayWrite() else { return }
        for name in old { source.spool.removeSummary(ofMissing: name) }
    }
}
