internal import Scheduling
internal import SpoolModel
internal import SpoolStore

/// A finished job as scrapyd lists it.
struct FinishedRecord: Sendable {
    /// When it was started and ended.
    let start: Timestamp, end: Timestamp
    /// Its object in `listjobs.json`.
    let json: [UInt8]

    /// - Parameters:
    ///   - hasLog: whether its log is in `logs/`.
    ///   - hasItems: whether its items are in `items/`, and served.
    init(_ job: Job, hasLog: Bool, hasItems: Bool, in zone: TimeZoneRules) {
        let (metadata, status) = (job.metadata, job.status)
        end = status[.ended] ?? status[.at] ?? metadata.created
        start = status[.started] ?? end
        json = ScrapydAnswer.ascii(
            Array(
                JSON.object([
                    JSON.Member("id", .string(metadata.client?.id ?? metadata.id.description)),
                    JSON.Member("project", .string(metadata.project.description)),
                    JSON.Member("spider", .string(metadata.spider.description)),
                    JSON.Member("start_time", .string(zone.civil(at: start).text)),
                    JSON.Member("end_time", .string(zone.civil(at: end).text)),
                    JSON.Member("log_url", hasLog ? .string(JSON.logURL(of: metadata)) : .null),
                    JSON.Member("items_url", hasItems ? .string(JSON.itemsURL(of: metadata)) : .null),
                ]).line.utf8))
    }

    init(start: Timestamp, end: Timestamp, json: [UInt8]) { (self.start, self.end, self.json) = (start, end, json) }

    /// The whole seconds that it ran.
    var seconds: Int { Int(clamping: max(0, end.microseconds(since: start)) / 1_000_000) }
}
