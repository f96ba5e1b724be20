internal import HTTPTypes
internal import LinuxSystem
internal import NIOCore
internal import SpoolModel
internal import SpoolStore

extension API {
    /// `/metrics`: the server and its jobs as Prometheus reads them. Ids of jobs are never labels, and of spiders only so
    /// many as ``JobTotals/mostSpiders``.
    func metrics(accept: String?) async throws -> APIResponse {
        let format = MetricsText.Format(accept: accept)
        let active = try await look(into: active) { $0.jobs }
        let totals = counters.totals.current
        // Shortly after the start the ends that are not known yet are left out: a scrape does not wait for them.
        let ends = try await lastRuns.ends(with: totals) {
            try await lookIntoFinished(partly: true) { ($0.jobs.lastEnds, $0.phase == .whole) }
        }
        // Without an engine in this process no totals are added up, so the tree is read each time.
        if engineAnswers == nil { lastRuns.drop() }
        let room = try await blocking { [gauge] in try gauge.present() }
        var text = MetricsText(format)
        addServer(to: &text, room)
        addActive(active, to: &text)
        addEnded(totals, to: &text)
        addLast(ends, to: &text)
        addHooks(counters.hooks.current, to: &text)
        var fields = HTTPFields()
        fields[.contentType] = format.contentType
        fields[.cacheControl] = "no-store"
        fields[.vary] = "Accept"
        return .document(Document(.ok, fields, ByteBuffer(bytes: text.bytes)))
    }

    private func addServer(to text: inout MetricsText, _ room: DiskSpace) {
        let usage = Host.usage()
        text.begin("process_start_time_seconds", .gauge, "When the server started.", isOfProcess: true)
        text.add(started)
        text.begin("process_cpu_seconds", .counter, "The processor time of the server itself.", isOfProcess: true)
        text.add(microseconds: usage.processorMicroseconds)
        text.begin("process_resident_memory_bytes", .gauge, "The memory of the server itself.", isOfProcess: true)
        text.add(usage.residentBytes)
        text.begin("build", .info, "The version of the server.")
        text.add(1, ["version": settings.version])
        text.begin("spool_free_bytes", .gauge, "What is free on the filesystem of the spool.")
        text.add(Int(clamping: room.freeBytes))
        text.begin(
            "spool_accepting", .gauge, "Whether there is room for new jobs: 1, or 0 on a full or read-only disk.")
        text.add(room.state == .ok ? 1 : 0)
        text.begin("held", .gauge, "Whether the spool is held because it is a copy.")
        text.add(gauge.holdState?.isHeld == true ? 1 : 0)
        if let end = settings.certificate?.term.end {
            text.begin("certificate_expiry_timestamp_seconds", .gauge, "When the certificate of the server expires.")
            text.add(end)
        }
    }

    private func addActive(_ active: [Job], to text: inout MetricsText) {
        text.begin("jobs", .gauge, "The jobs that have not ended, by state.")
        for state in [JobState.scheduled, .pending, .running] {
            text.add(active.count { $0.status.state == state }, ["state": state.rawValue])
        }
        text.begin("slots", .gauge, "How many jobs may run on this machine at a time.")
        text.add(settings.slots)
        text.begin("slots_used", .gauge, "How many jobs run on this machine.")
        text.add(active.count { $0.status.state == .running && $0.status.remoteAttempt == nil })
        text.begin("oldest_pending_seconds", .gauge, "For how long the oldest pending job waits; 0 if none does.")
        let since = active.filter { $0.status.state == .pending }.compactMap { $0.status[.notBefore] ?? $0.status[.at] }
        text.add(microseconds: since.min().map { max(0, now.microseconds(since: $0)) } ?? 0)
        text.begin("schedules_paused", .gauge, "How many schedules are paused.")
        text.add(active.count { $0.pause != nil })
        text.begin("schedule_next_timestamp_seconds", .gauge, "When a scheduled job of a spider runs next.")
        var next: [SpiderPlace: Timestamp] = [:]
        for job in active where job.status.state == .scheduled && job.pause == nil {
            guard let time = job.status[.next] else { continue }
            let place = SpiderPlace(project: job.metadata.project, spider: job.metadata.spider)
            next[place] = min(next[place] ?? time, time)
        }
        for (place, time) in next.sorted(by: { $0.key < $1.key }).prefix(JobTotals.mostSpiders) {
            text.add(time, place.labels)
        }
    }

    private func addEnded(_ totals: JobTotals.Snapshot, to text: inout MetricsText) {
        // The labels of the others are empty, which leaves them out.
        let spiders =
            totals.spiders.sorted { $0.key < $1.key }
            .map { (project: $0.key.project.description, spider: $0.key.spider.description, sums: $0.value) }
            + (totals.others.map { [(project: "", spider: "", sums: $0)] } ?? [])
        text.begin("jobs_finished", .counter, "The jobs that ended since the start of the server.")
        for (project, spider, sums) in spiders {
            for (outcome, count) in sums.outcomes.sorted(by: { $0.key.order < $1.key.order }) {
                text.add(
                    count,
                    [
                        "project": project, "spider": spider, "outcome": outcome.state.rawValue,
                        "reason": outcome.reason,
                    ])
            }
        }
        for (fact, what) in API.counted {
            text.begin(fact.rawValue, .counter, "\(what), of the jobs that ended since the start of the server.")
            for (project, spider, sums) in spiders {
                guard let count = sums.counts[fact] else { continue }
                text.add(count, ["project": project, "spider": spider])
            }
        }
        text.begin(
            "job_duration_seconds", .histogram, "How long the jobs ran that ended since the start of the server.")
        for (project, spider, sums) in spiders where sums.durations.count > 0 {
            text.add(sums.durations, ["project": project, "spider": spider])
        }
        text.begin(
            "job_start_delay_seconds", .histogram, "How long jobs waited that could have started, until they did.")
        text.add(totals.delays)
    }

    private func addLast(_ ends: [(place: SpiderPlace, ends: JobTotals.LastEnds)], to text: inout MetricsText) {
        text.begin("last_end_timestamp_seconds", .gauge, "When the last job of a spider ended, of those that are kept.")
        for (place, ends) in ends { text.add(ends.any, place.labels) }
        text.begin(
            "last_success_timestamp_seconds", .gauge,
            "When a job of a spider last ended as SUCCESSFUL, of those that are kept.")
        for (place, ends) in ends {
            if let success = ends.success { text.add(success, place.labels) }
        }
    }

    private func addHooks(_ hooks: [HookName: HookCounters.Counts], to text: inout MetricsText) {
        guard !hooks.isEmpty else { return }
        let hooks = hooks.sorted { $0.key < $1.key }
        text.begin("hook_deliveries", .counter, "Deliveries to hooks since the start of the server, by result.")
        for (name, counts) in hooks {
            for result in HookCounters.Result.allCases {
                text.add(counts.results[result] ?? 0, ["hook": name.description, "result": result.rawValue])
            }
        }
        text.begin("hook_deliveries_pending", .gauge, "Deliveries that wait in the outbox of a hook.")
        for (name, counts) in hooks { text.add(counts.pending, ["hook": name.description]) }
    }

    /// The counts of reports, and what they count.
    private static let counted: KeyValuePairs<JobStatus.NumberFact, String> = [
        .items: "Items that were scraped", .requests: "Requests that were sent", .responses: "Responses that came",
        .errors: "Log records of level ERROR and above", .denied: "Responses by which sites keep crawlers out",
    ]
}

extension JobTotals.Outcome {
    fileprivate var order: (String, String) { (state.rawValue, reason) }
}

extension SpiderPlace {
    fileprivate var labels: MetricsText.Labels { ["project": project.description, "spider": spider.description] }
}
