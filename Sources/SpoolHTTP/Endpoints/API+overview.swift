internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension API {
    /// Jobs that are shown of each state that is not final, and of those that failed.
    private static let mostActive = 100, mostFailed = 8
    /// Days of which outcomes are counted.
    private static let days = 14

    /// `overview.json`: what runs, waits and comes, what failed lately, and how the last days went.
    func overview() async throws -> [UInt8] {
        let (now, settings) = (now, settings)
        let zone = settings.timeZones.local
        return try await blocking { [spool] in
            let active = try spool.activeJobs()
            let finished = try JobSelection("COMPLETED")?.jobs(of: spool) ?? []
            let projects = try spool.allProjects()
            let room = try spool.room()
            let counts = [JobState.running, .pending, .scheduled].map { state in
                JSON.Member(state.rawValue, .number(active.count { $0.status.state == state }))
            }
            let shown = [JobState.running, .pending, .scheduled].flatMap { state in
                active.filter { $0.status.state == state }
                    .sorted { ($0.status[.next] ?? $0.metadata.created) < ($1.status[.next] ?? $1.metadata.created) }
                    .prefix(API.mostActive)
            }
            let failed = finished.lazy.filter { $0.status.state == .failed }.prefix(API.mostFailed)
            let outcomes = Outcomes(of: finished, days: API.days, until: now, in: zone)
            return Answer.text([
                JSON.Member("status", .string("ok")),
                JSON.Member("time", .string(now.rfc3339)),
                JSON.Member("hostname", .string(settings.hostname)),
                JSON.Member("daemon-version", .string(settings.version)),
                JSON.Member("job-slots", .number(settings.slots)),
                JSON.Member("disk-free", .number(room.freeBytes)),
                JSON.Member("disk-state", .string(room.state.rawValue)),
                JSON.Member("projects", .number(projects.count)),
                JSON.Member("counts", .object(counts)),
                JSON.Member("active", .array(shown.map { .job($0, in: zone, withPayload: false) })),
                JSON.Member("failed", .array(failed.map { .job($0, in: zone, withPayload: false) })),
                JSON.Member("days", outcomes.json),
            ])
        }
    }

    /// `describe-projects.json`: the projects with their versions, their spiders, and how each spider's last run went.
    func describeProjects() async throws -> [UInt8] {
        let zone = settings.timeZones.local
        return try await blocking { [spool] in
            var last: [SpiderPlace: Job] = [:]
            let jobs = try spool.activeJobs().filter { $0.status.state == .running }
            // Newest first: the first one is the last run.
            for job in jobs + (try JobSelection("COMPLETED")?.jobs(of: spool) ?? []) {
                let place = SpiderPlace(project: job.metadata.project, spider: job.metadata.spider)
                if last[place] == nil { last[place] = job }
            }
            let projects = try spool.allProjects().map { project in
                JSON.object([
                    JSON.Member("name", .string(project.name.description)),
                    JSON.Member("version", .number(project.version)),
                    JSON.Member("created", .string(project.created.rfc3339)),
                    JSON.Member("updated", .string(project.updated.rfc3339)),
                    JSON.Member(
                        "spiders",
                        .array(
                            project.spiders.map { spider in
                                let job = last[SpiderPlace(project: project.name, spider: spider)]
                                return .object([
                                    JSON.Member("name", .string(spider.description)),
                                    JSON.Member(
                                        "last", job.map { .job($0, in: zone, withPayload: false) } ?? .null),
                                ])
                            })),
                ])
            }
            return Answer.text([JSON.Member("status", .string("ok")), JSON.Member("projects", .array(projects))])
        }
    }
}

/// A spider of a project.
private struct SpiderPlace: Hashable {
    let project: ProjectName
    let spider: SpiderName
}
