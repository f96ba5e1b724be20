internal import ForeignStore
internal import Scheduling
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension ScrapyDoJob {
    /// The maximum accepted run time in seconds.
    private static let longestRun: Int64 = 100 * 366 * 86_400
    /// The maximum length of a job's `metadata.json` in bytes.
    private static let longestMetadata = 4 << 20

    /// The job for the spool. A scheduled one gets its next time after `now`. One that was running becomes pending, as
    /// in scrapy-do after a restart.
    func job(
        zones: TimeZones, now: Timestamp, using generator: inout some RandomNumberGenerator
    ) throws(Obstacle) -> Job {
        guard let state = Status(rawValue: status) else { throw .skip("its status is \(status), which is none") }
        let instant = try instant(in: zones.local)
        let metadata = try metadata(created: instant.adding(seconds: -(try runTime() ?? 0)))
        switch state {
        case .pending:
            try checkPayload()
            return Job(metadata: metadata, status: JobStatus(.pending, at: instant))
        case .running:
            try checkPayload()
            var status = JobStatus(.pending, at: instant)
            status[.interrupted] = 1
            status[.reason] = "interrupted"
            return Job(metadata: metadata, status: status)
        case .scheduled:
            try checkPayload()
            return Job(
                metadata: metadata, status: try scheduledStatus(at: instant, zones, now, using: &generator))
        case .canceled: return Job(metadata: metadata, status: try lastStatus(.canceled, at: instant))
        case .successful: return Job(metadata: metadata, status: try lastStatus(.successful, at: instant))
        case .failed: return Job(metadata: metadata, status: try lastStatus(.failed, at: instant))
        }
    }

    private func metadata(created: Timestamp) throws(Obstacle) -> JobMetadata {
        guard let id = JobID(identifier) else { throw .skip("its id is no UUID") }
        guard let project = ProjectName(project) else { throw .skip("\"\(project)\" cannot name a project here") }
        guard let spider = SpiderName(spider) else { throw .skip("\"\(spider)\" cannot name a spider here") }
        guard actor == 1 || actor == 2 else { throw .skip("its actor is \(actor), which is none") }
        let metadata = JobMetadata(
            id: id, actor: actor == 1 ? .scheduler : .user, schedule: schedule.isEmpty ? "now" : schedule,
            project: project, spider: spider, description: description, payload: payload, created: created)
        guard metadata.file.count <= ScrapyDoJob.longestMetadata else {
            throw .skip("its description and payload are longer than 4 MiB")
        }
        return metadata
    }

    /// scrapy-do writes local time without an offset; a repeated time is read as its first occurrence.
    private func instant(in zone: TimeZoneRules) throws(Obstacle) -> Timestamp {
        var text = Array(timestamp.utf8)
        if text.count > 10, text[10] == UInt8(ascii: " ") { text[10] = UInt8(ascii: "T") }
        guard let time = Timestamp(rfc3339: String(decoding: text, as: UTF8.self) + "Z") else {
            throw .skip("its timestamp \"\(timestamp.prefix(40))\" is no time")
        }
        return zone.instant(of: CivilTime(time))
    }

    private func runTime() throws(Obstacle) -> Int64? {
        guard let duration else { return nil }
        guard (0...ScrapyDoJob.longestRun).contains(duration) else {
            throw .skip("its duration of \(duration) seconds is none")
        }
        return duration
    }

    private func lastStatus(_ state: JobState, at instant: Timestamp) throws(Obstacle) -> JobStatus {
        var status = JobStatus(state, at: instant)
        status[.started] = try runTime().map { instant.adding(seconds: -$0) }
        status[.ended] = instant
        return status
    }

    private func scheduledStatus(
        at instant: Timestamp, _ zones: TimeZones, _ now: Timestamp, using generator: inout some RandomNumberGenerator
    ) throws(Obstacle) -> JobStatus {
        let next: Firing?
        do {
            let spec = try SchedulingSpec(parsing: schedule)
            guard !spec.isNow else { return JobStatus(.pending, at: instant) }
            next = try zones.firing(of: spec, after: now, using: &generator)
        } catch {
            throw .skip("its schedule `\(schedule)` is not accepted: \(error)")
        }
        guard let next else { throw .skip("its schedule `\(schedule)` has no next time") }
        var status = JobStatus(.scheduled, at: instant)
        status.firing = next
        return status
    }

    private func checkPayload() throws(Obstacle) {
        guard payload.utf8.count <= JobMetadata.longestPayload else {
            throw .skip("its payload is longer than \(JobMetadata.longestPayload) bytes, the most that a spider gets")
        }
    }
}
