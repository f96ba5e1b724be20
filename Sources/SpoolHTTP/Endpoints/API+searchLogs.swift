internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore
internal import TimeZones

extension API {
    /// The most lines and seconds of a search, and those without a word about them.
    private static let mostLines = 10_000, mostSeconds = 60, usualLines = 1000, usualSeconds = 30

    /// `search-logs.json`: the lines with a text in the logs of jobs, of those that have not ended first.
    func searchLogs(_ parameters: Parameters, until departure: Departure) async throws -> APIResponse {
        let text = try logText(parameters)
        let word = try parameters.text("status") ?? "ALL"
        guard let selection = JobSelection(word) else {
            throw APIError.badRequest("Unknown status \"\(word)\": \(JobSelection.expected)")
        }
        let filter = try JobFilter(parameters)
        let logs = try parameters.filled("log").map { text throws(APIError) in
            guard let log = JobLog(rawValue: text) else {
                throw .badRequest("\"log\" is out or err, not \"\(text)\"")
            }
            return [log]
        }
        let start = try parameters.filled("after").map { text throws(APIError) in
            guard let place = LogSearchPlace(text) else {
                throw .badRequest("\"after\" is \"next\" of an earlier answer, not \"\(text)\"")
            }
            return place
        }
        let lines = try parameters.number("limit", in: 1...API.mostLines) ?? API.usualLines
        let seconds = try parameters.number("seconds", in: 1...API.mostSeconds) ?? API.usualSeconds
        // Before the jobs are read, which takes a while after a start.
        let place = try searches.place()
        let zone = settings.timeZones.local
        let entries = try await look(into: active) { $0.entries(of: selection) }
            // A schedule has no log.
            .filter { $0.job.status.state != .scheduled && filter.wants($0, in: zone) }
        let (jobs, ending) = try await lookIntoFinished { content in
            (content.jobs, entries.filter { content.at($0.job.id) == nil })
        }
        let run = LogSearchRun(
            for: text, in: logs ?? JobLog.allCases,
            of: LogSearchJobs(active: ending.map(\.job), jobs, in: selection.states, filter, from: start), from: start,
            LogSearchRun.Bounds(lines: lines, deadline: SystemClock.monotonic() + Int64(seconds) * 1_000_000),
            spool: spool)
        return .search(LogSearch(run, place, until: departure))
    }

    private func logText(_ parameters: Parameters) throws(APIError) -> LogText {
        let text = try parameters.required("text")
        guard let wanted = LogText(text, ignoringCase: try parameters.isYes("ignore-case")) else {
            throw .badRequest(
                text.isEmpty
                    ? "\"text\" is empty"
                    : "\"text\" has at most \(LogText.longest) bytes, and no line feed, since each line is searched by itself"
            )
        }
        return wanted
    }
}
