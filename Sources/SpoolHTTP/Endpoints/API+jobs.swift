internal import NIOCore
internal import NIOPosix
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension API {
    /// `list-jobs.json`: jobs by status, latest change first, or one job by its id.
    func listJobs(_ parameters: Parameters) async throws -> APIResponse {
        let mayBePart = try parameters.mayBePart
        if let status = try parameters.text("status") {
            guard let selection = JobSelection(status) else {
                throw APIError.badRequest("Unknown status \"\(status)\": \(JobSelection.expected)")
            }
            if let query = try JobQuery(parameters) {
                return try await listJobs(selection, query, partly: mayBePart)
            }
            return try await selection.isFinal ? finishedJobs(selection) : activeJobs(selection)
        }
        guard let text = try parameters.text("id") else {
            throw APIError.badRequest("Neither argument present: \"status\", \"id\"")
        }
        if let query = try JobQuery(parameters), query.withFacts {
            let job = try await job(text)
            var live = try await blocking { [spool] in
                var live = LiveFacts(of: job, in: spool)
                if query.withSizes { live.measure(job.id, in: spool) }
                return live
            }
            live.wait = try await waitReason(of: job)
            return .ok([JSON.Member("jobs", .array([JSON.job(job, in: settings.timeZones.local, live: live)]))])
        }
        return .pieces([JobList.text(of: [try await record(of: text)])])
    }

    /// Why a pending job does not start; nil for other jobs.
    private func waitReason(of job: Job) async throws -> WaitReason? {
        guard job.status.state == .pending else { return nil }
        let (settings, metadata) = (settings, job.metadata)
        var occupancy = Occupancy(settings.rules.limits, slots: settings.slots)
        for other in try await look(into: active, { $0.jobs }) { occupancy.add(other.metadata, other.status) }
        let (room, lack) = try await blocking { [gauge, spool] in (try gauge.look(), spool.lack(of: metadata)) }
        occupancy.isFull = room.state != .ok
        occupancy.isCodeUnusable = lack == .code
        occupancy.isHeld = gauge.holdState?.isHeld ?? false
        let reason = occupancy.reason(
            for: metadata, job.status, overlap: settings.rules.overlap,
            isLocal: settings.rules.executor(for: metadata) == .local, at: .now)
        return reason == .turn && lack == .environment ? .environment : reason
    }

    /// A page of jobs, with `total`, the number of all matches, `more`, whether others follow it, and `counts` if requested.
    ///
    /// With `wait=no` it answers at once, even while finished jobs are still being read; `whole` is false then.
    private func listJobs(_ selection: JobSelection, _ query: JobQuery, partly: Bool) async throws -> APIResponse {
        let (zone, spool) = (settings.timeZones.local, spool)
        @Sendable func record(of job: Job) -> ByteBuffer {
            var live =
                query.withFirstErrors ? LiveFacts(ofListed: job, in: spool) : LiveFacts(ofRunning: job, in: spool)
            if query.withSizes { live.measure(job.id, in: spool) }
            return JSON.job(job, in: zone, live: live).buffer
        }
        @Sendable func text(_ entry: ActiveIndex.Entry) -> ByteBuffer {
            query.withFacts ? record(of: entry.job) : ByteBuffer(bytes: entry.json)
        }
        let active = try await look(into: active) { $0.entries(of: query.withCounts ? .all : selection) }
        guard selection.isFinal || query.withCounts else {
            let page = try query.page(of: active, in: selection.states, in: zone)
            guard query.withFacts else {
                return JobList.page(of: page.jobs.map(text), total: page.total, hasMore: page.hasMore)
            }
            let (jobs, total, hasMore) = (page.jobs, page.total, page.hasMore)
            // Reports of running jobs are read from the disk.
            return try await blocking { JobList.page(of: jobs.map(text), total: total, hasMore: hasMore) }
        }
        // The job of `after` can be found reliably only when all jobs are known.
        let partly = partly && query.after == nil
        let view = try await lookIntoFinished(partly: partly) { content in
            (
                jobs: content.jobs, isWhole: content.phase == .whole, start: query.after.flatMap { content.at($0) },
                ending: active.filter { content.at($0.job.id) == nil }
            )
        }
        return try await blocking { [finished] in
            // Jobs that have not ended, or are just ending, come first.
            var page = try query.page(of: view.ending, in: selection.states, isPast: view.start != nil, in: zone)
            let texts = page.jobs.map(text)
            let start = view.start.flatMap { at in query.after.map { (at, $0) } }
            let reader = finished.reader()
            let rest = try view.jobs.page(
                in: selection.states, query, after: start, limit: query.limit.map { $0 - texts.count } ?? .max, reader)
            page.total += rest.total
            page.hasMore = page.hasMore || rest.hasMore
            let kept = query.withFirstErrors ? finished.factsWithErrors : finished.facts
            let restTexts =
                // Sizes change without a sign.
                query.withSizes
                ? rest.jobs.compactMap { spool.jobIfAny($0.entry.id).map(record) }
                : query.withFacts
                    ? kept.texts(of: rest.jobs.map(\.entry)) { spool.jobIfAny($0).map(record) }
                    : reader.texts(of: rest.jobs, in: view.jobs)
            return JobList.page(
                of: texts + restTexts, total: page.total, hasMore: page.hasMore, isWhole: view.isWhole,
                counts: query.withCounts ? page.counts.merging(rest.counts, uniquingKeysWith: +) : nil)
        }
    }

    /// An answer of `list-jobs.json` from memory, if that is possible.
    func fastJobs(_ parameters: Parameters) throws -> APIResponse? {
        // A value that is wrong is left to the general path, which reports it.
        guard try JobQuery(parameters) == nil, try !parameters.mayBePart else { return nil }
        if let status = try parameters.text("status") {
            guard let selection = JobSelection(status) else { return nil }
            guard selection.isFinal else { return active.ifCurrent { .pieces([$0.list(of: selection)]) } }
            guard let ending = active.ifCurrent({ $0.entries(of: selection) }) else { return nil }
            return finished.ifKnown { content in
                // The other path plans the next sweep, and writes a long answer in pieces.
                content.isSweepPlanned && content.jobs.byteCount < API.promptLimit
                    ? content.list(of: selection, after: ending).inMemory.map { .pieces($0) } : nil
            } ?? nil
        }
        guard let id = try parameters.text("id").flatMap(JobID.init) else { return nil }
        guard let known = active.ifCurrent({ $0.entries[id]?.json }) else { return nil }
        return (known ?? recent.text(of: id)).map { .pieces([JobList.text(of: [$0])]) }
    }

    private func activeJobs(_ selection: JobSelection) async throws -> APIResponse {
        .pieces([try await look(into: active) { $0.list(of: selection) }])
    }

    private func finishedJobs(_ selection: JobSelection) async throws -> APIResponse {
        // Jobs that are just ending. When they leave this index they are in the other one.
        let ending = try await look(into: active) { $0.entries(of: selection) }
        let list = try await lookIntoFinished { $0.list(of: selection, after: ending) }
        if let pieces = list.inMemory { return .pieces(pieces) }
        // A short one is put together, and kept for the next answer.
        guard list.byteCount <= KeptText.limit / 8 else { return .jobs(list) }
        return .pieces(try await blocking { [finished] in try list.pieces(by: finished.reader()) })
    }

    /// The record in `list-jobs.json` of the job of an unvalidated id.
    private func record(of text: String) async throws -> [UInt8] {
        guard let id = JobID(text) else { throw try await noJob(text) }
        if let json = try await look(into: active, { $0.entries[id]?.json }) { return json }
        if let json = recent.text(of: id) { return json }
        let zone = settings.timeZones.local
        return try await blocking { [spool, recent] in
            try recent.text(of: id) {
                let job = try find(id, text, in: spool)
                return (JSONWriter.record(of: job, in: zone), job.status.state.isFinal)
            }
        }
    }

    /// The job of an unvalidated id.
    func job(_ text: String) async throws -> Job {
        guard let id = JobID(text) else { throw try await noJob(text) }
        return try await blocking { [spool] in try find(id, text, in: spool) }
    }

    /// The error for a text that is not a job's id.
    private func noJob(_ text: String) async throws -> APIError {
        .badRequest(Advice.noJob(text, similar: try await ids(beginningWith: text)))
    }

    /// Some ids of jobs with a given prefix.
    func ids(beginningWith text: String) async throws -> [JobID] {
        // Only a hint in an error message, so a failure is ignored.
        try await blocking { [spool] in (try? spool.ids(beginningWith: text, limit: 10)) ?? [] }
    }
}

private func find(_ id: JobID, _ text: String, in spool: Spool) throws -> Job {
    do throws(SpoolError) {
        return try spool.job(id)
    } catch {
        throw error.code == .missing ? APIError.badRequest(Advice.noJob(text, similar: [])) : APIError(error)
    }
}

extension FinishedIndex.Content {
    /// The answer with the jobs of a selection.
    ///
    /// - Parameter ending: those that `active/` still lists, which come first unless they are here as well.
    fileprivate func list(of selection: JobSelection, after ending: [ActiveIndex.Entry]) -> WholeList {
        WholeList(first: ending.filter { at($0.job.id) == nil }.map(\.json), jobs, of: selection)
    }
}

extension JSON {
    /// The value on one line.
    fileprivate var buffer: ByteBuffer { ByteBuffer(string: line) }
}
