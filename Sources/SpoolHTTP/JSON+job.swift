internal import Scheduling
internal import SpoolModel
internal import SpoolStore

extension JSON {
    /// A job in `list-jobs.json` when its facts are requested: its record, and the facts of its status.
    ///
    /// - Parameters:
    ///   - withPayload: whether to include the payload and the options, which may be long.
    ///   - live: the facts that are not in its status.
    static func job(
        _ job: Job, in zone: TimeZoneRules, withPayload: Bool = true, live: LiveFacts = LiveFacts()
    ) -> JSON {
        let (metadata, status) = (job.metadata, job.status)
        var members = [
            Member("identifier", .string(job.id.description)),
            Member("status", .string(status.state.rawValue)),
            Member("actor", .string(metadata.actor.rawValue)),
            Member("schedule", .string(metadata.schedule)),
            Member("project", .string(metadata.project.description)),
            Member("spider", .string(metadata.spider.description)),
            Member("description", .string(metadata.description)),
            Member("timestamp", .string(zone.civil(at: status[.at] ?? metadata.created).text)),
            Member("duration", status.state.isFinal ? status.duration.map { .number($0) } ?? .null : .null),
        ]
        if withPayload {
            members.append(Member("payload", .string(metadata.payload)))
            let options = metadata.options.texts.map { Member($0.name, .string($0.text)) }
            if !options.isEmpty { members.append(Member("options", .object(options))) }
        }
        members.append(Member("facts", facts(of: job, live)))
        return .object(members)
    }

    /// The counts of a crawl's report, and the resources that it used.
    private static let outcomes: [(String, JobStatus.NumberFact)] = [
        ("items", .items), ("dropped", .dropped), ("requests", .requests), ("responses", .responses),
        ("failed", .failed), ("denied", .denied), ("errors", .errors), ("rss-kib", .peakMemory),
        ("cpu-ms", .processorTime),
    ]

    /// The report of a running crawl.
    private static func progress(_ report: CrawlReport) -> JSON {
        var members = [Member("phase", .string(report.phase.rawValue))]
        for (name, fact) in JSON.outcomes {
            if let count = report.counts[fact] { members.append(Member(name, .number(count))) }
        }
        if let finish = report.finish { members.append(Member("finish", .string(finish))) }
        return .object(members)
    }

    /// The further facts that are known; times in UTC.
    private static func facts(of job: Job, _ live: LiveFacts) -> JSON {
        let (metadata, status) = (job.metadata, job.status)
        var members = [Member("created", .string(metadata.created.rfc3339))]
        func add(_ name: String, _ value: JSON?) {
            if let value { members.append(Member(name, value)) }
        }
        add("at", status[.at].map { .string($0.rfc3339) })
        add("started", status[.started].map { .string($0.rfc3339) })
        add("ended", status[.ended].map { .string($0.rfc3339) })
        add("next", status[.next].map { .string($0.rfc3339) })
        add("paused", job.pause.map { .string($0.since.rfc3339) })
        add("paused-by", job.pause?.by.map { .string($0) })
        add("version", status[.version].map { .number($0) })
        add("node", status[.node].map { .string($0) })
        add("attempt", status[.attempt].map { .string($0) })
        add("start", status[.start].map { .string($0) })
        add("slurm-job", status[.slurmJob].map { .number($0) })
        add("pid", status[.pid].map { .number($0) })
        add("exit", status[.exit].map { .number($0) })
        add("signal", status[.signal].map { .number($0) })
        add("interrupted", status[.interrupted].map { .number($0) })
        add("reason", status[.reason].map { .string($0) })
        add("rule", status[.rule].map { .string($0) })
        add("try", status[.tryNumber].map { .number($0) })
        add("waits", live.wait.map { .string($0.description) })
        add("retry-of", metadata.retryOf.map { .string($0.description) })
        add("not-before", status[.notBefore].map { .string($0.rfc3339) })
        add("finish", status[.finish].map { .string($0) })
        for (name, fact) in JSON.outcomes { add(name, status[fact].map { .number($0) }) }
        add("report", live.isBad ? .string("bad") : status[.report].map { .string($0) })
        add("progress", live.progress.map(progress))
        add("first-error", live.firstError.map { .string($0) })
        add("out-bytes", status[.outBytes].map { .number($0) })
        add("err-bytes", status[.errBytes].map { .number($0) })
        add("bytes", live.keeping.map { .number($0.bytes) })
        add("pinned", live.keeping.flatMap { $0.isPinned ? .bool(true) : nil })
        add("by", metadata.by.map { .string($0) })
        add("declared", metadata.declared.map { .string($0.description) })
        add("edited", metadata.edit.map { .string($0.at.rfc3339) })
        add("edited-by", metadata.edit?.by.map { .string($0) })
        add("canceled-by", status[.canceledBy].map { .string($0) })
        add("client-id", metadata.client.map { .string($0.id) })
        add("client-version", metadata.client?.version.map { .string($0) })
        add("client-priority", metadata.client.flatMap { $0.priority == 0 ? nil : .string("\($0.priority)") })
        add("fired-by", metadata.firedBy.map { .string($0.description) })
        add("overlap", metadata.overlap.map { .string($0.rawValue) })
        add("catch-up", metadata.catchUp.map { .string($0.description) })
        // The executor that runs or ran it; before that, the requested one.
        add("executor", (status[.executor] ?? metadata.executor?.rawValue).map { .string($0) })
        return .object(members)
    }
}
