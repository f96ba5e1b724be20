internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension API {
    /// The most jobs that are shown of each state that is not final, and of the failed ones.
    private static let mostActive = 100, mostFailed = 8

    /// `overview.json`: running, pending and scheduled jobs, recent failures, and the outcomes of the last days.
    func overview(_ parameters: Parameters) async throws -> [UInt8] {
        let (now, settings) = (now, settings)
        let zone = settings.timeZones.local
        let projectCount = try await look(into: projects) { $0.projects.count }
        let ended = try await lookIntoEnded(
            partly: try parameters.mayBePart, days: API.days, until: now, in: zone)
        let active = ended.active
        let withErrors = try parameters.wantsFirstErrors
        return try await blocking { [spool, gauge, scrapy] in
            let room = try gauge.present()
            let counts = [JobState.running, .pending, .scheduled].map { state in
                JSON.Member(state.rawValue, .number(active.count { $0.status.state == state }))
            }
            let shown = [JobState.running, .pending, .scheduled].flatMap { state in
                active.filter { $0.status.state == state }
                    .sorted { ($0.status[.next] ?? $0.metadata.created) < ($1.status[.next] ?? $1.metadata.created) }
                    .prefix(API.mostActive)
            }
            let failed = ended.kept.newest(API.mostFailed, .failed).compactMap { spool.jobIfAny($0) }
            let statistics = DayStatistics(of: ended.kept, and: ended.past, days: API.days, until: now, in: zone)
            return APIResponse.text(
                [
                    JSON.Member("status", .string("ok")),
                    JSON.Member("time", .string(now.rfc3339)),
                    JSON.Member("hostname", .string(settings.hostname)),
                    JSON.Member("daemon-version", .string(settings.version)),
                    JSON.Member("job-slots", .number(settings.slots)),
                    JSON.Member("disk-free", .number(room.freeBytes)),
                    JSON.Member("disk-state", .string(room.state.rawValue)),
                    JSON.Member("projects", .number(projectCount)),
                    JSON.Member("counts", .object(counts)),
                    JSON.Member(
                        "active",
                        .array(
                            shown.map {
                                .job($0, in: zone, withPayload: false, live: LiveFacts(ofRunning: $0, in: spool))
                            })),
                    JSON.Member(
                        "failed",
                        .array(
                            failed.map {
                                .job(
                                    $0, in: zone, withPayload: false,
                                    live: withErrors ? LiveFacts(ofListed: $0, in: spool) : LiveFacts())
                            })),
                    JSON.Member("days", statistics.json),
                ] + JSON.held(gauge.holdState) + JSON.certificate(settings.certificate, at: now)
                    + JSON.scrapy(scrapy.problem) + (ended.isWhole ? [] : [JSON.Member("whole", .bool(false))]))
        }
    }

    /// `describe-projects.json`: the projects with their versions, their spiders, and each spider's last run.
    func describeProjects(_ parameters: Parameters) async throws -> [UInt8] {
        let zone = settings.timeZones.local
        let (running, ended) = try await look(into: active) { content in
            (JobSelection("RUNNING").map { content.entries(of: $0).map(\.job) } ?? [], content.ended)
        }
        let projects = try await look(into: projects) { $0.projects }
        let withErrors = try parameters.wantsFirstErrors
        let (finished, isWhole) = try await lookIntoFinished(partly: try parameters.mayBePart) {
            ($0.jobs(with: ended, in: zone), $0.phase == .whole)
        }
        return try await blocking { [spool] in
            let last = finished.lastOfPlaces()
            // Newest first, so the first one is the last run.
            let runs = Dictionary(
                running.map { (SpiderPlace(project: $0.metadata.project, spider: $0.metadata.spider), $0) },
                uniquingKeysWith: { first, _ in first })
            let projects = projects.map { project in
                let by = project.by.map { [JSON.Member("by", .string($0))] } ?? []
                return JSON.object(
                    [
                        JSON.Member("name", .string(project.name.description)),
                        JSON.Member("version", .number(project.version)),
                        JSON.Member("created", .string(project.created.rfc3339)),
                        JSON.Member("updated", .string(project.updated.rfc3339)),
                    ] + by + [
                        JSON.Member(
                            "spiders",
                            .array(
                                project.spiders.map { spider in
                                    let place = SpiderPlace(project: project.name, spider: spider)
                                    let job = runs[place] ?? last[place].flatMap { spool.jobIfAny($0) }
                                    return .object([
                                        JSON.Member("name", .string(spider.description)),
                                        JSON.Member(
                                            "last",
                                            job.map { job in
                                                let live =
                                                    withErrors ? LiveFacts(ofListed: job, in: spool) : LiveFacts()
                                                return .job(job, in: zone, withPayload: false, live: live)
                                            } ?? .null),
                                    ])
                                }))
                    ])
            }
            return APIResponse.text(
                [JSON.Member("status", .string("ok")), JSON.Member("projects", .array(projects))]
                    + (isWhole ? [] : [JSON.Member("whole", .bool(false))]))
        }
    }
}
