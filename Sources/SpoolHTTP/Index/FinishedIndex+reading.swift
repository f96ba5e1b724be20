internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

extension FinishedIndex {
    /// Jobs that are read at a time, so that requests are not held up.
    fileprivate static let batch = 512
    /// The fewest for ids that do not contain their time: each batch has to be merged into all the others.
    fileprivate static let mixedBatch = 4096
    /// Microseconds between the notices to clients with a part of the jobs that more are known.
    private static let patience = Int64(2_000_000)

    /// Waits until all jobs are known.
    func untilWhole() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let isWhole = content.withLock { content in
                if content.phase == .nothing { startReading(&content) }
                if content.phase == .reading { content.waiting.append(continuation) }
                return content.phase == .whole
            }
            if isWhole { continuation.resume() }
        }
    }

    /// Starts to read all jobs, on a thread of its own.
    func startReading(_ content: inout Content) {
        content.reading += 1
        content.phase = .reading
        let read: @Sendable () -> Void = { [self, reading = content.reading] in
            do {
                try readAll(reading)
            } catch {
                end(reading, with: error)
            }
        }
        do throws(SystemError) {
            try startThread(named: "finished jobs", read)
        } catch {
            // No thread can be created now: read on one that serves requests, which slows down the others.
            source.submit { [self, reading = content.reading] isActive in
                if isActive { read() } else { end(reading, with: CancellationError()) }
            }
        }
    }

    /// Watches `jobs/` and `active/`, and notes the marks. Returns whether the read is still wanted.
    private func watchRoot(_ reading: Int) -> Bool {
        let root = source.observer.watch(source.spool.jobs, for: .arrivals) { [weak self] in self?.noteDay($0) }
        let active = source.observer.watch(source.spool.active, for: .departures) { [weak self] in self?.noteJob($0) }
        // If a mark is removed during the read, the first search finds the job.
        let marked = marked()
        return content.withLock { content in
            guard content.reading == reading else { return false }
            (content.root, content.active, content.marked) = (root, active, marked)
            content.isWatched = root != nil && active != nil
            return true
        }
    }

    /// The results of a read so far. Only its thread changes the jobs meanwhile.
    fileprivate struct Progress {
        let reading: Int
        var jobs = FinishedJobs()
        /// Jobs that are not in it yet.
        var records: [FinishedJobs.Record] = []
        /// How many of them were read.
        var readCount = 0
        var unread: Set<JobID> = []
        var told = Timestamp.now
    }

    /// Reads all jobs, the latest day first.
    private func readAll(_ reading: Int) throws {
        // Everything is watched before it is read.
        guard watchRoot(reading) else { return }
        var progress = Progress(reading: reading)
        // Ids without a day (`other-…`), whose numbers are negative, come last.
        let days = Set(try source.spool.jobs.names().compactMap { JobID.dayNumber(of: $0) })
        for day in days.sorted(by: >) {
            let subscription = watch(JobID.day(of: day))
            let isWanted = content.withLock { content in
                guard content.reading == reading else { return false }
                content.days[JobID.day(of: day)] = subscription
                if subscription == nil { content.isWatched = false }
                return true
            }
            guard isWanted, read(day, &progress) else { return }
        }
        guard take(&progress) else { return }
        content.withLock { [progress] content in
            if content.reading == reading { content.stale.formUnion(progress.unread) }
        }
        end(reading, with: nil)
        removeOldSummaries(days)
    }

    /// Reads the jobs of a day.
    ///
    /// - Returns: whether this read is still wanted.
    private func read(_ day: Int64, _ progress: inout Progress) -> Bool {
        let name = JobID.day(of: day)
        // A day that is gone has none.
        guard let directory = source.spool.jobs.directoryIfAny(name) else { return true }
        let jobs = FinishedIndex.jobs(of: day, in: directory)
        var draft = DayDraft(day: day, in: source.spool)
        let rest = takeSummary(of: day, jobs, directory, &progress, &draft)
        for id in rest {
            let now = Timestamp.now
            switch read(id) {
            case .finished(let job, let snapshot):
                let record = progress.jobs.record(of: job, snapshot.stamp, in: source.zone)
                progress.records.append(record)
                progress.readCount += 1
                if snapshot.isSettled(at: now, margin: margin) {
                    draft.add(record.entry, seal: snapshot.seal, ended: job.status[.ended], isNew: true)
                }
            case .other: break
            case .unread: progress.unread.insert(id)
            }
            guard progress.isDue(day) else { continue }
            guard take(&progress) else { return false }
            if Timestamp.now.microseconds - progress.told.microseconds > FinishedIndex.patience {
                progress.told = .now
                tellMore()
            }
        }
        if draft.isObsolete, mayWrite() { source.spool.dropSummary(of: name) }
        guard day >= 0 || draft.isDue else { return true }
        guard take(&progress) else { return false }
        guard draft.isDue else { return true }
        let moves = write(draft, from: progress.jobs)
        guard !moves.isEmpty else { return true }
        progress.jobs.move(moves, toSummaryOf: day)
        return show(progress.jobs, [], of: progress.reading)
    }

    /// A name in the directory of a day.
    struct ListedJob {
        let id: JobID
        /// Whether it is known to be a directory, and no link to one.
        let isDirectory: Bool
    }

    /// The jobs in the directory of a day, the highest id first; none if it cannot be listed.
    static func jobs(of day: Int64, in directory: borrowing Directory) -> [ListedJob] {
        // A day that is gone has none.
        var jobs = ((try? directory.typedNames()) ?? []).compactMap { name, kind -> ListedJob? in
            JobID(name).flatMap { id in
                guard id.dayNumber == day else { return nil }
                let kind = kind ?? directory.informationIfAny(name)?.kind
                return ListedJob(id: id, isDirectory: kind == .directory)
            }
        }
        jobs.sort { $1.id < $0.id }
        // With capital letters it is another name.
        for index in jobs.indices.dropFirst().reversed() where jobs[index].id == jobs[index - 1].id {
            jobs.remove(at: index)
        }
        return jobs
    }

    /// Takes the jobs of a summary whose seals are the present ones.
    ///
    /// - Returns: the jobs that have to be read.
    private func takeSummary(
        of day: Int64, _ jobs: [ListedJob], _ directory: borrowing Directory, _ progress: inout Progress,
        _ draft: inout DayDraft
    ) -> [JobID] {
        let most = 2 * jobs.count + Spool.spareOfSummary
        guard let summary = source.spool.summary(of: JobID.day(of: day), most: most), summary.count > 0 else {
            return jobs.map(\.id)
        }
        let numbers = summary.places.map { progress.jobs.number(of: $0) }
        var rest: [JobID] = []
        var known: [(id: JobID, index: Int)] = []
        var index = summary.count - 1
        for job in jobs {
            while index >= 0, job.id < summary.id(at: index) { index -= 1 }
            // A link to a directory is no job, whatever it leads to.
            if job.isDirectory, index >= 0, summary.id(at: index) == job.id {
                known.append((job.id, index))
            } else {
                rest.append(job.id)
            }
        }
        let snapshots = source.spool.snapshots(of: known.map(\.id), in: directory)
        var used = 0
        for (job, snapshot) in zip(known, snapshots) {
            guard let record = summary.record(at: job.index), record.seal == snapshot.seal,
                record.stamp == snapshot.stamp
            else {
                rest.append(job.id)
                continue
            }
            used += 1
            let found = progress.jobs.record(of: record, place: numbers[record.place], in: source.zone)
            progress.records.append(found)
            draft.add(found.entry, seal: record.seal, ended: record.ended, isNew: false)
        }
        // It has jobs that are gone, or that it does not know as they are.
        if used < summary.count { draft.isOther = true }
        return rest.sorted(by: >)
    }

    /// Shows the jobs that were read.
    ///
    /// - Returns: whether this read is still wanted.
    private func take(_ progress: inout Progress) -> Bool {
        progress.jobs.add(progress.records)
        let added = progress.records.map { (id: $0.entry.id, at: $0.entry.at) }
        progress.records = []
        progress.readCount = 0
        return show(progress.jobs, added, of: progress.reading)
    }

    /// - Returns: whether this read is still wanted.
    private func show(_ jobs: FinishedJobs, _ added: [(id: JobID, at: Timestamp)], of reading: Int) -> Bool {
        content.withLock { content in
            guard content.reading == reading else { return false }
            content.show(jobs, added)
            return true
        }
    }

    /// Ends a read: all jobs are known, or it failed.
    private func end(_ reading: Int, with error: (any Error)?) {
        let waiting = content.withLock { content -> [CheckedContinuation<Void, any Error>] in
            guard content.reading == reading else { return [] }
            defer { content.waiting = [] }
            if error == nil { content.complete() } else { drop(&content) }
            return content.waiting
        }
        for continuation in waiting {
            if let error { continuation.resume(throwing: error) } else { continuation.resume() }
        }
        tellMore()
    }

    private func tellMore() {
        let isPartGiven = content.withLock { content in
            defer { content.isPartGiven = false }
            return content.isPartGiven
        }
        if isPartGiven { onMore() }
    }
}

extension FinishedIndex.Progress {
    /// Whether the jobs read of a day are shown now: jobs of other days are put in between, which takes longer.
    fileprivate func isDue(_ day: Int64) -> Bool {
        day >= 0 ? readCount >= FinishedIndex.batch : records.count >= max(FinishedIndex.mixedBatch, jobs.count)
    }
}

extension API {
    /// Queries the finished jobs: when all of them are known, or with `partly` at once those that are.
    func lookIntoFinished<Result: Sendable>(
        partly: Bool = false, _ body: @escaping @Sendable (inout FinishedIndex.Content) -> Result
    ) async throws -> Result {
        finished.scheduleForgetting()
        while true {
            let (result, delay) = try await look(into: finished) { [finished] content -> (Result?, Int64?) in
                if content.phase != .whole {
                    guard partly else { return (nil, nil) }
                    content.isPartGiven = true
                }
                return (body(&content), finished.planSweep(&content))
            }
            if let delay {
                MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .microseconds(delay)) {
                    [finished, threads] in threads.submit { _ in finished.sweep() }
                }
            }
            if let result { return result }
            try await finished.untilWhole()
        }
    }
}
