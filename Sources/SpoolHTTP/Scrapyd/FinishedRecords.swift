internal import LinuxSystem
internal import NIOCore
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// Finished jobs as clients of scrapyd list them. The records of the latest ones are kept, up to ``limit``; the others are made
/// of their jobs for each answer. Any of them may be dropped at any time.
final class FinishedRecords: Sendable {
    /// A state of the finished jobs: of the index, which counts its changes and its readings.
    struct State: Hashable, Sendable {
        let reading: Int
        let change: Int
    }

    /// The most bytes of the objects of jobs that are kept: of some 150,000 jobs.
    private static let limit = 48 << 20
    /// The most bytes of answers that are kept.
    private static let textLimit = 16 << 20

    fileprivate struct Known {
        let stamp: JobStamp
        /// Of its id, as a client knows it.
        let key: Int
        let start: Timestamp, end: Timestamp
        /// Its object in the list; nil for those beyond the limit.
        let json: [UInt8]?
    }

    private struct Content {
        var records: [JobID: Known] = [:]
        /// The state of which all are known, and what was made of it.
        var state: State?
        var count: Int?
        var texts: [String?: ByteBuffer] = [:]
        var textBytes = 0
    }

    private let content = Mutex(Content())

    /// Whether a job can be in a list: one that was canceled before it ran is in none of scrapyd's.
    static func isListed(_ entry: FinishedSegment.Entry) -> Bool { entry.state != .canceled || entry.seconds >= 0 }

    /// The number of jobs in the list.
    func count(of jobs: ScrapydSite.ClientJobs) -> Int {
        if let state = jobs.state, let count = content.withLock({ $0.state == state ? $0.count : nil }) { return count }
        var count = 0
        for segment in jobs.finished.segments {
            for entry in segment.entries where FinishedRecords.isListed(entry) && !jobs.others.contains(entry.id) {
                count += 1
            }
        }
        content.withLock { [count] content in
            if let state = jobs.state, content.state == state { content.count = count }
        }
        return count
    }

    // MARK: Ids

    /// The key of an id, with or without the hyphens of a UUID.
    private static func key(of id: String) -> Int {
        var hasher = Hasher()
        // Other ids with the same key cost only a look at their jobs.
        for byte in id.utf8 where byte != UInt8(ascii: "-") { hasher.combine(byte) }
        return hasher.finalize()
    }

    /// The jobs that may have an id; nil if not all are known.
    func jobs(with id: String, in state: State?) -> [JobID]? {
        content.withLock { content in
            guard let state, content.state == state else { return nil }
            return FinishedRecords.jobs(with: id, in: content.records)
        }
    }

    private static func jobs(with id: String, in records: [JobID: Known]) -> [JobID] {
        let key = FinishedRecords.key(of: id)
        return records.compactMap { $1.key == key ? $0 : nil }
    }

    // MARK: Answers

    /// An answer that was made of a state; nil if none is kept.
    func text(of project: String?, in state: State?) -> ByteBuffer? {
        content.withLock { content in state != nil && content.state == state ? content.texts[project] : nil }
    }

    /// Keeps an answer, if there is room.
    func keep(_ text: ByteBuffer, of project: String?, in state: State?) {
        content.withLock { content in
            guard state != nil, content.state == state, content.texts[project] == nil,
                content.textBytes + text.readableBytes <= FinishedRecords.textLimit
            else { return }
            content.texts[project] = text
            content.textBytes += text.readableBytes
        }
    }

    /// Makes records for one answer.
    ///
    /// - Parameters:
    ///   - hasItems: whether items are served.
    ///   - state: the state of the index that the jobs are; nil if they are no such state.
    func reader(_ spool: Spool, in zone: TimeZoneRules, hasItems: Bool, _ state: State?) -> Reader {
        Reader(self, content.withLock { $0.records }, spool, zone, hasItems, state)
    }

    /// Makes the records of jobs, which the caller asks for in their order.
    final class Reader: Sendable {
        private struct Kept {
            var records: [JobID: Known] = [:]
            var size = 0
        }

        private let records: FinishedRecords
        private let earlier: [JobID: Known]
        private let spool: Spool
        private let zone: TimeZoneRules
        private let hasItems: Bool
        private let state: State?
        private let kept = Mutex(Kept())

        fileprivate init(
            _ records: FinishedRecords, _ earlier: [JobID: Known], _ spool: Spool, _ zone: TimeZoneRules,
            _ hasItems: Bool, _ state: State?
        ) {
            (self.records, self.earlier, self.spool, self.zone) = (records, earlier, spool, zone)
            (self.hasItems, self.state) = (hasItems, state)
        }

        /// The record of a job; nil if it cannot be read, or is in no list. Blocks on the disk.
        ///
        /// A log that is not in `logs/` is linked there, unless a job that ended later has its name: those of jobs that ended
        /// before there was an interface, or between the two steps of an import.
        func record(of entry: FinishedSegment.Entry) -> FinishedRecord? {
            guard FinishedRecords.isListed(entry) else { return nil }
            if let known = earlier[entry.id], known.stamp == entry.stamp, entry.stamp != .unknown,
                let json = known.json
            {
                let record = FinishedRecord(start: known.start, end: known.end, json: json)
                keep(record, known.key, of: entry)
                return record
            }
            guard let job = spool.jobIfAny(entry.id), job.status.state.isFinal else { return nil }
            var hasLog = spool.hasLog(of: job.metadata)
            if !hasLog, spool.hasErrorOutput(of: job.metadata) {
                // Without a link the job is listed without a log.
                try? spool.linkLog(of: job.metadata, replacing: false)
                hasLog = spool.hasLog(of: job.metadata)
            }
            let record = FinishedRecord(
                job, hasLog: hasLog, hasItems: hasItems && spool.hasItems(of: job.metadata), in: zone)
            keep(
                record, FinishedRecords.key(of: job.metadata.client?.id ?? job.metadata.id.description), of: entry)
            return record
        }

        /// Notes a job that is not in this answer, so that it is known for the next one. May block on the disk.
        func note(_ entry: FinishedSegment.Entry) {
            guard let known = earlier[entry.id], known.stamp == entry.stamp, entry.stamp != .unknown else {
                _ = record(of: entry)
                return
            }
            kept.withLock { kept in
                kept.size += known.json?.count ?? 0
                kept.records[entry.id] = known
            }
        }

        /// The jobs that may have an id, of those that were asked for or noted.
        func jobs(with id: String) -> [JobID] { kept.withLock { FinishedRecords.jobs(with: id, in: $0.records) } }

        private func keep(_ record: FinishedRecord, _ key: Int, of entry: FinishedSegment.Entry) {
            kept.withLock { kept in
                kept.size += record.json.count
                kept.records[entry.id] = Known(
                    stamp: entry.stamp, key: key, start: record.start, end: record.end,
                    json: kept.size <= FinishedRecords.limit ? record.json : nil)
            }
        }

        /// Keeps the records that were made. To be called once all jobs were asked for.
        func keep() {
            let made = kept.withLock { $0.records }
            records.content.withLock { content in
                guard state == nil || content.state != state else { return }
                content = Content(records: made, state: state)
            }
        }
    }
}
