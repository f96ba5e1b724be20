internal import NIOCore
internal import NIOPosix
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension API {
    /// `list-jobs.json`: jobs by status, newest change first, or one job by its id.
    func listJobs(_ parameters: Parameters) async throws -> Answer {
        if let status = try parameters.text("status") {
            guard let selection = JobSelection(status) else {
                throw APIError.badRequest("Unknown status \"\(status)\": \(JobSelection.expected)")
            }
            if let query = try JobQuery(parameters) { return try await listJobs(selection, query) }
            return try await selection.isFinal ? finishedJobs(selection) : activeJobs(selection)
        }
        guard let text = try parameters.text("id") else {
            throw APIError.badRequest("Neither argument present: \"status\", \"id\"")
        }
        if let query = try JobQuery(parameters), query.withFacts {
            let job = try await job(text)
            return .ok([JSON.Member("jobs", .array([JSON.job(job, in: settings.timeZones.local)]))])
        }
        return .pieces([JobList.text(of: [try await record(of: text)])])
    }

    /// A page of jobs, with `total`, the number of all that match, and `more`, whether others come after it.
    private func listJobs(_ selection: JobSelection, _ query: JobQuery) async throws -> Answer {
        let zone = settings.timeZones.local
        return try await blocking { [spool] in
            let page = try query.page(of: try selection.jobs(of: spool))
            let jobs = page.jobs.map { job in
                let record = JSON.job(job, in: zone)
                guard !query.withFacts, case .object(let members) = record else { return record }
                return .object(members.filter { $0.name != "facts" })
            }
            return .ok([
                JSON.Member("jobs", .array(jobs)), JSON.Member("total", .number(page.total)),
                JSON.Member("more", .bool(page.hasMore)),
            ])
        }
    }

    private func activeJobs(_ selection: JobSelection) async throws -> Answer {
        let list = try await look(into: active) { content in
            if let list = content.lists[selection] { return list }
            let list = JobList.text(of: content.entries(of: selection).map(\.json))
            content.lists[selection] = list
            return list
        }
        return .pieces([list])
    }

    private func finishedJobs(_ selection: JobSelection) async throws -> Answer {
        // Those that have ended this very moment first: they are among the others when they are here no more.
        let ending = try await look(into: active) { $0.entries(of: selection) }
        let (texts, isSweepDue) = try await look(into: finished) { [finished] content in
            let first = ending.filter { !content.contains($0.job.id) }.map(\.json)
            let rest = content.segments.map { segment in
                selection.isAllFinal ? segment.bytes : segment.texts(in: selection.states)
            }
            return (JobList.pieces(first: first, rest: rest), finished.isSweepDue(&content))
        }
        if isSweepDue { threads.submit { [finished] _ in finished.sweep() } }
        finished.scheduleForgetting()
        return .pieces(texts)
    }

    /// How `list-jobs.json` shows the job of an id from outside.
    private func record(of text: String) async throws -> [UInt8] {
        guard let id = JobID(text) else { throw APIError.badRequest("No such job: \"\(text)\"") }
        if let json = try await look(into: active, { $0.entries[id]?.json }) { return json }
        if let json = recent.text(of: id) { return json }
        let zone = settings.timeZones.local
        return try await blocking { [spool, recent] in
            let stamp = recent.stamp(of: id)
            let job = try find(id, text, in: spool)
            let json = JSONWriter.record(of: job, in: zone)
            if job.status.state.isFinal, let stamp { recent.note(json, of: id, stamp) }
            return json
        }
    }

    /// The job of an id from outside.
    func job(_ text: String) async throws -> Job {
        guard let id = JobID(text) else { throw APIError.badRequest("No such job: \"\(text)\"") }
        return try await blocking { [spool] in try find(id, text, in: spool) }
    }
}

private func find(_ id: JobID, _ text: String, in spool: Spool) throws -> Job {
    do throws(SpoolError) {
        return try spool.job(id)
    } catch {
        throw error.code == .missing ? APIError.badRequest("No such job: \"\(text)\"") : APIError(error)
    }
}

/// The answer of `list-jobs.json`, put together from the texts of jobs.
enum JobList {
    private static let start: StaticString = "{\"status\": \"ok\", \"jobs\": ["
    private static let end: StaticString = "]}\n"

    /// The whole answer.
    static func text(of jobs: [[UInt8]]) -> ByteBuffer {
        var text = ByteBuffer()
        text.reserveCapacity(jobs.reduce(40) { $0 + $1.count + 2 })
        text.writeStaticString(start)
        for (index, job) in jobs.enumerated() {
            if index > 0 { text.writeStaticString(FinishedSegment.separator) }
            text.writeBytes(job)
        }
        text.writeStaticString(end)
        return text
    }

    /// The answer in pieces, of which the long ones are shared and not copied.
    ///
    /// - Parameter rest: texts that each begin with a separator.
    static func pieces(first: [[UInt8]], rest: [ByteBuffer]) -> [ByteBuffer] {
        var head = text(of: first)
        head.moveWriterIndex(to: head.writerIndex - end.utf8CodeUnitCount)
        var pieces = [head]
        for var piece in rest where piece.readableBytes > 0 {
            if pieces.count == 1, first.isEmpty {
                piece.moveReaderIndex(forwardBy: FinishedSegment.separator.utf8CodeUnitCount)
            }
            pieces.append(piece)
        }
        pieces.append(ByteBuffer(staticString: end))
        return pieces
    }
}

/// Which jobs a `status` of `list-jobs.json` means.
struct JobSelection: Hashable, Sendable {
    static let expected = "one of SCHEDULED, PENDING, RUNNING, SUCCESSFUL, FAILED, CANCELED, ACTIVE, COMPLETED"

    private static let finalStates = Set(JobState.allCases.filter(\.isFinal))

    /// The states of its jobs: all of those that have ended or of those that have not, or a single one.
    let states: Set<JobState>

    /// The selection of a word, or nil for an unknown one.
    init?(_ word: String) {
        switch word {
        case "ACTIVE": states = Set(JobState.allCases).subtracting(JobSelection.finalStates)
        case "COMPLETED": states = JobSelection.finalStates
        default:
            guard let state = JobState(rawValue: word) else { return nil }
            states = [state]
        }
    }

    /// The jobs, newest change first, all read from the tree.
    func jobs(of spool: Spool) throws(SpoolError) -> [Job] {
        let candidates = isFinal ? try spool.finishedJobs() : try spool.activeJobs()
        return candidates.filter { states.contains($0.status.state) }
            .sorted { ($1.status[.at] ?? $1.metadata.created, $1.id) < ($0.status[.at] ?? $0.metadata.created, $0.id) }
    }

    /// Whether its jobs have ended.
    var isFinal: Bool { !states.isDisjoint(with: JobSelection.finalStates) }

    /// Whether it has all that have ended.
    var isAllFinal: Bool { states == JobSelection.finalStates }
}
