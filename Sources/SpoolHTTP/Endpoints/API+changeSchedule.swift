internal import HTTPTypes
internal import Scheduling
internal import SpoolModel
internal import SpoolStore

extension API {
    /// `pause-schedule.json`: lets the times of a schedule go by without a run, or ends that.
    func pauseSchedule(_ parameters: Parameters, by requester: Requester?) async throws -> APIResponse {
        let job = try await schedule(try parameters.required("id"))
        let id = job.id
        let isPaused = try parameters.isYes("paused", otherwise: true)
        try await inTree { [spool] () throws(SpoolError) in
            if isPaused { try spool.pause(id, by: requester) } else { try spool.endPause(of: id) }
        }
        note(
            isPaused ? "Paused a schedule" : "Ended the pause of a schedule", by: requester,
            ["job": "\(id)", "project": "\(job.metadata.project)"])
        return .ok()
    }

    /// `edit-schedule.json`: changes what a schedule runs, and when. Fields that are not named stay, as its id and its
    /// runs do. The change is durable before the answer.
    func editSchedule(_ parameters: Parameters, by requester: Requester?) async throws -> APIResponse {
        let job = try await schedule(try parameters.required("id"))
        if let name = job.metadata.declared {
            throw APIError.badRequest(
                "The schedule is declared as \(name) in the scrapy.cfg of project \(job.metadata.project): change it there and push "
                    + "the project, or pause it")
        }
        let removed = try Set(removals(parameters, from: job.metadata))
        let names = parameters.names.filter { Endpoint.changeable.contains($0) || Endpoint.isOption($0) }
        guard !names.isEmpty || !removed.isEmpty else {
            throw APIError.badRequest(
                "Nothing to change: send a field of schedule-job.json such as \"when\", or \"remove\" with the names of some"
            )
        }
        if let both = names.sorted().first(where: removed.contains) {
            throw APIError.badRequest("\"\(both)\" is to be set and to be removed: send one of the two")
        }
        let change = ScheduleChange(
            removed: removed, parameters: parameters, when: try parameters.text("when"),
            description: try description(ifSentIn: parameters), payload: try payload(ifSentIn: parameters),
            edit: ScheduleEdit(at: now, by: requester?.description))
        if let when = change.when { try checkSpec(when, insteadOf: job.metadata) }
        // Checked before the job is touched; under its lock they are set for good.
        var trial = job.metadata
        try apply(change, to: &trial)
        if names.contains("version") {
            let project = try await project(job.metadata.project.description)
            let spiders = try await spiders(of: project, in: trial.options.version)
            guard spiders.contains(job.metadata.spider) else {
                throw APIError.badRequest(
                    Advice.unknownSpider(
                        job.metadata.spider.description, of: project.name.description, among: spiders.map(\.description)
                    ))
            }
        }
        let id = job.id
        let metadata = try await blocking { [self] in try changeSchedule(id, by: change) }
        note(
            "Changed a schedule", by: requester,
            [
                "job": "\(id)", "project": "\(metadata.project)",
                "fields": (names.sorted() + removed.sorted()).joined(separator: ","),
            ])
        return .ok([
            JSON.Member("identifier", .string(id.description)), JSON.Member("schedule", .string(metadata.schedule)),
        ])
    }

    /// A schedule, by the text of its id.
    private func schedule(_ text: String) async throws -> Job {
        let job = try await job(text)
        guard job.status.state == .scheduled else { throw APIError.badRequest(Advice.noSchedule(job.id, job.status)) }
        return job
    }

    private func changeSchedule(_ id: JobID, by change: ScheduleChange) throws(APIError) -> JobMetadata {
        do throws(SpoolError) {
            // A version that it names stays until that is written down.
            return try spool.withProjectsLocked(shared: true) { () throws(SpoolError) in
                try spool.changeSchedule(id) { metadata throws(SpoolError) in
                    let version = metadata.options.version
                    do throws(APIError) {
                        try apply(change, to: &metadata)
                    } catch {
                        throw SpoolError(.refused, error.message)
                    }
                    guard metadata.options.version != version else { return }
                    let project = try spool.project(metadata.project)
                    guard try spool.spiders(of: project, for: metadata).contains(metadata.spider) else {
                        throw SpoolError(.refused, "Unknown spider \(metadata.project)/\(metadata.spider)")
                    }
                }.metadata
            }
        } catch {
            guard error.code == .busy else { throw APIError(error) }
            throw APIError(.serviceUnavailable, error.description)
        }
    }

    private func description(ifSentIn parameters: Parameters) throws(APIError) -> String? {
        guard let text = try parameters.text("description") else { return nil }
        return try description(text)
    }

    private func payload(ifSentIn parameters: Parameters) throws(APIError) -> String? {
        guard let text = try parameters.text("payload") else { return nil }
        return try payload(text, hint: parameters.semicolonHint)
    }

    /// Throws for a spec that cannot take the place of a schedule's.
    private func checkSpec(_ text: String, insteadOf metadata: JobMetadata) throws(APIError) {
        let spec = try spec(text)
        guard !spec.isNow else {
            throw .badRequest("`\(text)` is no time of a schedule: schedule-job.json runs the spider now")
        }
        // The present one may have been written by hand.
        let isOnce = (try? SchedulingSpec(parsing: metadata.schedule))?.isOnce
        guard isOnce == nil || isOnce == spec.isOnce else {
            throw .badRequest(
                isOnce == true
                    ? "This job runs once, and `\(text)` repeats: cancel it, and make a schedule"
                    : "This schedule repeats, and `\(text)` is a single time: make a job of its own for it")
        }
        // Throws if it has no time to come.
        _ = try newJob(
            project: metadata.project, spider: metadata.spider, when: text, spec, description: "", payload: "{}")
    }

    /// Removes and sets the fields that a request names.
    private func apply(_ change: ScheduleChange, to metadata: inout JobMetadata) throws(APIError) {
        let before = metadata
        for name in change.removed {
            switch name {
            case "description": metadata.description = ""
            case "payload": metadata.payload = "{}"
            case "overlap": metadata.overlap = nil
            case "catch-up": metadata.catchUp = nil
            case "executor": metadata.executor = nil
            default: _ = metadata.options.remove(name)
            }
        }
        try setPolicies(of: &metadata, change.parameters)
        try setOptions(of: &metadata.options, change.parameters)
        metadata.schedule = change.when ?? metadata.schedule
        metadata.description = change.description ?? metadata.description
        metadata.payload = change.payload ?? metadata.payload
        if metadata != before { metadata.edit = change.edit }
    }

    /// The names in `remove`: fields that schedule-job.json takes, and without which a schedule can be.
    private func removals(_ parameters: Parameters, from metadata: JobMetadata) throws(APIError) -> [String] {
        let known = Endpoint.changeable.filter { $0 != "when" } + JobOptions.names
        let names = (try parameters.text("remove") ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init)
        for name in names where !known.contains(name) && !metadata.options.texts.contains(where: { $0.name == name }) {
            guard !name.hasPrefix("arg."), !name.hasPrefix("setting.") else {
                throw .badRequest("The schedule has no \"\(name)\" to remove")
            }
            let meant = Suggestion.nearest(to: name, among: known).map { ": did you mean \($0)?" }
            throw .badRequest("\"\(name)\" cannot be removed\(meant ?? ": one of \(known.joined(separator: ", "))")")
        }
        return names
    }
}

/// The changes of a schedule that a request asks for; its texts are valid.
private struct ScheduleChange: Sendable {
    /// The fields that the schedule is to be without.
    let removed: Set<String>
    /// The request, for the policies and the options.
    let parameters: Parameters
    /// The new texts; nil for those that stay.
    let when: String?, description: String?, payload: String?
    /// When it is changed, and by whom.
    let edit: ScheduleEdit
}
