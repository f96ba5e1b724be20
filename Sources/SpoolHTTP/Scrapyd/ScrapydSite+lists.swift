internal import LinuxSystem
internal import NIOCore
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import Synchronization
internal import TimeZones

/// A finished job as scrapyd lists it.
struct FinishedRecord: Sendable {
    /// The client's id, or the job's own.
    let id: String
    let project: String
    let spider: String
    /// When it was asked for, started and ended.
    let created: Timestamp, start: Timestamp, end: Timestamp
    /// The path of its log; nil if it has none.
    let log: String?
    /// The path of its items; nil if it has none.
    let items: String?
    /// Its object in `listjobs.json`.
    let json: [UInt8]
    /// The job.
    let job: JobID
    private let ownID: String?

    init(_ job: Job, hasLog: Bool, hasItems: Bool, in zone: TimeZoneRules) {
        let (metadata, status) = (job.metadata, job.status)
        self.job = metadata.id
        id = metadata.client?.id ?? metadata.id.description
        ownID = metadata.client == nil ? metadata.id.description.replacing("-", with: "") : nil
        project = metadata.project.description
        spider = metadata.spider.description
        created = metadata.created
        end = status[.ended] ?? status[.at] ?? metadata.created
        start = status[.started] ?? end
        log = hasLog ? JSON.logURL(of: metadata) : nil
        items = hasItems ? JSON.itemsURL(of: metadata) : nil
        json = ScrapydAnswer.ascii(
            Array(
                JSON.object([
                    JSON.Member("id", .string(id)), JSON.Member("project", .string(project)),
                    JSON.Member("spider", .string(spider)),
                    JSON.Member("start_time", .string(zone.civil(at: start).text)),
                    JSON.Member("end_time", .string(zone.civil(at: end).text)),
                    JSON.Member("log_url", log.map { .string($0) } ?? .null),
                    JSON.Member("items_url", items.map { .string($0) } ?? .null),
                ]).line.utf8))
    }

    /// Whether an id is this job's.
    func has(_ id: String) -> Bool { self.id == id || ownID == id }
}

/// The records of finished jobs that were read, by job and by the stamp of its status, and the texts made of them. Any of them
/// may be dropped at any time.
final class FinishedRecords: Sendable {
    /// A state of the finished jobs: of the index, which counts its changes and its readings.
    struct State: Hashable, Sendable {
        let reading: Int
        let change: Int
    }

    private struct Known {
        var records: [JobID: (stamp: JobStamp, record: FinishedRecord)] = [:]
        /// The state of which all are known, and what was made of it.
        var state: State?
        var all: [FinishedRecord] = []
        var texts: [String?: ByteBuffer] = [:]
    }

    private let known = Mutex(Known())

    /// The records of jobs, in their order; those that cannot be read are left out. Blocks on the disk.
    ///
    /// A log that is not in `logs/` is linked there, unless a job that ended later has its name: those of jobs that ended before
    /// there was an interface, or between the two steps of an import.
    ///
    /// - Parameters:
    ///   - hasItems: whether items are served.
    ///   - state: the state of the index that the jobs are; nil if they are no such state.
    func all(
        of jobs: FinishedJobs, in spool: Spool, _ zone: TimeZoneRules, hasItems: Bool, state: State?
    ) -> [FinishedRecord] {
        let records = known.withLock { known -> [JobID: (stamp: JobStamp, record: FinishedRecord)]? in
            state != nil && known.state == state ? nil : known.records
        }
        guard let records else { return known.withLock { $0.all } }
        var kept: [JobID: (stamp: JobStamp, record: FinishedRecord)] = [:]
        var found: [FinishedRecord] = []
        found.reserveCapacity(jobs.count)
        // A job that was canceled before it ran is in no list of scrapyd's.
        for entry in jobs.segments.lazy.flatMap(\.entries) where entry.state != .canceled || entry.seconds >= 0 {
            if let earlier = records[entry.id], earlier.stamp == entry.stamp, entry.stamp != .unknown {
                kept[entry.id] = earlier
                found.append(earlier.record)
            } else if let job = spool.jobIfAny(entry.id), job.status.state.isFinal {
                var hasLog = spool.hasLog(of: job.metadata)
                if !hasLog, spool.hasErrorOutput(of: job.metadata) {
                    // Without a link the job is listed without a log.
                    try? spool.linkLog(of: job.metadata, replacing: false)
                    hasLog = spool.hasLog(of: job.metadata)
                }
                let record = FinishedRecord(
                    job, hasLog: hasLog, hasItems: hasItems && spool.hasItems(of: job.metadata), in: zone)
                kept[entry.id] = (entry.stamp, record)
                found.append(record)
            }
        }
        let new = Known(records: kept, state: state, all: found)
        known.withLock { $0 = new }
        return found
    }

    /// The objects of the jobs of a project, with commas between them.
    ///
    /// - Parameters:
    ///   - project: its name; nil for all projects.
    ///   - state: the state that the records are of.
    func text(of project: String?, _ records: [FinishedRecord], _ state: State?) -> ByteBuffer {
        let earlier = known.withLock { known in state != nil && known.state == state ? known.texts[project] : nil }
        if let earlier { return earlier }
        var text = ByteBuffer()
        for record in records where project == nil || record.project == project {
            if text.readableBytes > 0 { text.writeStaticString(", ") }
            text.writeBytes(record.json)
        }
        let made = text
        known.withLock { known in
            // A few projects at most are asked for again and again.
            if state != nil, known.state == state, known.texts.count < 64 { known.texts[project] = made }
        }
        return made
    }
}

extension Spool {
    /// Whether the log of a job is in `logs/`.
    func hasLog(of job: JobMetadata) -> Bool {
        let (project, spider, name) = Spool.logPath(of: job)
        return self.job(ofLog: RelativePath([FileName(project), FileName(spider), FileName("\(name).log")])) == job.id
            && hasErrorOutput(of: job)
    }

    /// Whether a job has its log.
    fileprivate func hasErrorOutput(of job: JobMetadata) -> Bool { jobs.contains("\(job.id.day)/\(job.id)/job.err") }

    /// Whether a job has a file of items in `items/`.
    func hasItems(of job: JobMetadata) -> Bool { root.contains(Spool.itemPath(of: job)) }
}

extension ScrapydSite {
    /// The jobs in scrapyd's three lists.
    struct ClientJobs: Sendable {
        /// By project, then priority, then arrival.
        var pending: [Job] = []
        /// In the order of their starts.
        var running: [Job] = []
        /// The latest end first.
        var finished: [FinishedRecord] = []
        /// The state that the finished ones are, if they are all of one.
        var state: FinishedRecords.State?
    }

    /// Reads all jobs.
    func clientJobs() async throws -> ClientJobs {
        let (active, ended) = try await api.look(into: api.active) { ($0.jobs, $0.ended) }
        let zone = api.settings.timeZones.local
        let (finished, state) = try await api.lookIntoFinished { content in
            let state = FinishedRecords.State(reading: content.reading, change: content.change)
            return (content.jobs(with: ended, in: zone), state)
        }
        let isState = ended.isEmpty
        var jobs = ClientJobs()
        // Clients expect a process of a job that runs; the status has it a moment after the start.
        jobs.running = active.filter { $0.status.state == .running && $0.status[.pid] != nil }
            .sorted {
                ($0.status[.started] ?? $0.metadata.created, $0.id) < (
                    $1.status[.started] ?? $1.metadata.created, $1.id
                )
            }
        jobs.pending = active.filter {
            $0.status.state == .pending || $0.status.state == .running && $0.status[.pid] == nil
        }
        .sorted { ScrapydSite.isBefore($0, $1) }
        let hasItems = settings.hasItems
        let records = try await api.blocking { [spool, records = api.finishedRecords] in
            records.all(of: finished, in: spool, zone, hasItems: hasItems, state: isState ? state : nil)
        }
        // One that has ended between the two looks is in both.
        let ids = Set(active.map(\.id))
        let isTwice = !ids.isEmpty && finished.segments.contains { $0.entries.contains { ids.contains($0.id) } }
        jobs.finished = isTwice ? records.filter { !ids.contains($0.job) } : records
        jobs.state = isState && !isTwice ? state : nil
        return jobs
    }

    private static func isBefore(_ one: Job, _ other: Job) -> Bool {
        func rank(_ job: Job) -> (String, Int, Double) {
            (
                job.metadata.project.description, -(job.metadata.options.priority ?? JobOptions.normalPriority),
                -(job.metadata.client?.weight ?? 0)
            )
        }
        let ranks = (rank(one), rank(other))
        if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
        return (one.metadata.created, one.id) < (other.metadata.created, other.id)
    }
}

extension JSON {
    /// The path of a job's log, percent-encoded.
    static func logURL(of job: JobMetadata) -> String {
        let (project, spider, name) = Spool.logPath(of: job)
        return "/logs/" + [project, spider, "\(name).log"].map { ScrapydPage.encoded($0) }.joined(separator: "/")
    }

    /// The path of a job's items, percent-encoded.
    static func itemsURL(of job: JobMetadata) -> String {
        "/"
            + Spool.itemPath(of: job).split(separator: "/").map { ScrapydPage.encoded(String($0)) }.joined(
                separator: "/")
    }

    /// A pending job in `listjobs.json`.
    static func pending(_ job: Job) -> JSON {
        let (metadata, options) = (job.metadata, job.metadata.options)
        let version = metadata.client?.version ?? options.version.map { "\($0.value)" }
        let payload = metadata.payload == "{}" ? [] : [NamedText(name: "payload", text: metadata.payload)]
        func object(_ texts: [NamedText]) -> JSON { .object(texts.map { Member($0.name, .string($0.text)) }) }
        return .object([
            Member("id", .string(metadata.client?.id ?? metadata.id.description)),
            Member("project", .string(metadata.project.description)),
            Member("spider", .string(metadata.spider.description)),
            Member("version", version.map { .string($0) } ?? .null),
            Member("settings", object(options.settings)), Member("args", object(payload + options.arguments)),
        ])
    }

    /// A running job in `listjobs.json`.
    static func running(_ job: Job, hasLog: Bool, hasItems: Bool, in zone: TimeZoneRules) -> JSON {
        let (metadata, status) = (job.metadata, job.status)
        return .object([
            Member("id", .string(metadata.client?.id ?? metadata.id.description)),
            Member("project", .string(metadata.project.description)),
            Member("spider", .string(metadata.spider.description)),
            Member("pid", status[.pid].map { .number($0) } ?? .null),
            Member("start_time", .string(zone.civil(at: status[.started] ?? metadata.created).text)),
            Member("log_url", hasLog ? .string(logURL(of: metadata)) : .null),
            Member("items_url", hasItems ? .string(itemsURL(of: metadata)) : .null),
        ])
    }
}
