internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

extension FinishedIndex {
    /// Jobs that are read at a time, so that requests are not held up.
    private static let batch = 512
    /// The same for ids that do not contain their time: each batch has to be merged into all the others.
    private static let mixedBatch = 4096
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

    /// Reads all jobs, the latest day first.
    private func readAll(_ reading: Int) throws {
        // Everything is watched before it is read.
        guard watchRoot(reading) else { return }
        var told = Timestamp.now
        var batch: [(Job, StatusStamp)] = []
        var unread: Set<JobID> = []
        // Ids without a day (`other-…`) come last.
        let days = try source.spool.jobs.names().filter { !$0.hasPrefix(".") }
            .sorted { ($0.first?.isNumber ?? false ? 1 : 0, $0) > ($1.first?.isNumber ?? false ? 1 : 0, $1) }
        for day in days {
            let subscription = watch(day)
            let isWanted = content.withLock { content in
                guard content.reading == reading else { return false }
                content.days[day] = subscription
                if subscription == nil { content.isWatched = false }
                return true
            }
            guard isWanted else { return }
            // A day that is gone has none.
            let ids = (try? source.spool.jobs.directory(day).names().compactMap { JobID($0) }) ?? []
            let isNamedByTime = day.first?.isNumber ?? false
            for id in ids.filter({ $0.day == day }).sorted(by: >) {
                switch read(id) {
                case .finished(let job, let stamp): batch.append((job, stamp))
                case .other: break
                case .unread: unread.insert(id)
                }
                guard batch.count >= (isNamedByTime ? FinishedIndex.batch : FinishedIndex.mixedBatch) else { continue }
                guard take(batch, reading) else { return }
                batch = []
                if Timestamp.now.microseconds - told.microseconds > FinishedIndex.patience {
                    told = .now
                    tellMore()
                }
            }
            if isNamedByTime {
                guard take(batch, reading) else { return }
                batch = []
            }
        }
        guard take(batch, reading) else { return }
        content.withLock { [unread] content in
            if content.reading == reading { content.stale.formUnion(unread) }
        }
        end(reading, with: nil)
    }

    /// - Returns: whether this read is still wanted.
    private func take(_ batch: [(Job, StatusStamp)], _ reading: Int) -> Bool {
        content.withLock { content in
            guard content.reading == reading else { return false }
            var records: [FinishedSegment.Record] = []
            for (job, stamp) in batch where content.at(job.id) == nil {
                records.append(content.jobs.record(of: job, stamp, in: source.zone))
            }
            content.add(records)
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
