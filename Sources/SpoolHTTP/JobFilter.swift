internal import Scheduling
internal import SpoolModel
internal import SpoolStore

/// Which jobs a request is about, besides their states: those of a project, a spider, a schedule, and of some days.
struct JobFilter: Sendable {
    private let project: String?
    private let spider: String?
    /// The schedule that fired the jobs.
    private let schedule: JobID?
    /// The days of the jobs' ends, or of their last changes, in the server's local time, as days since 1970-01-01.
    private let days: ClosedRange<Int>?
    /// Whether the last of these days is before the first one.
    private let hasNoDays: Bool

    /// Reads the parameters `project`, `spider`, `fired-by`, `since` and `until`.
    init(_ parameters: Parameters) throws(APIError) {
        project = try parameters.filled("project")
        spider = try parameters.filled("spider")
        schedule = try parameters.job("fired-by")
        let (since, until) = (try JobFilter.day("since", parameters), try JobFilter.day("until", parameters))
        days = since == nil && until == nil ? nil : (since ?? .min)...max(since ?? .min, until ?? .max)
        hasNoDays = since.map { first in until.map { first > $0 } ?? false } ?? false
    }

    /// A day, since 1970-01-01.
    private static func day(_ name: String, _ parameters: Parameters) throws(APIError) -> Int? {
        guard let text = try parameters.filled(name) else { return nil }
        guard let midnight = Timestamp(rfc3339: "\(text)T00:00:00Z") else {
            throw .badRequest("\"\(name)\" is a date of the form 2026-11-28, not \"\(text)\"")
        }
        return CivilTime(midnight).daysSinceEpoch
    }

    /// Whether it wants all jobs.
    var isEmpty: Bool { project == nil && spider == nil && schedule == nil && days == nil }

    /// Whether it wants jobs of a spider.
    func wants(_ project: ProjectName, _ spider: SpiderName) -> Bool {
        (self.project ?? project.description) == project.description
            && (self.spider ?? spider.description) == spider.description
    }

    /// Whether it wants jobs that a schedule fired.
    func wants(firedBy schedule: JobID?) -> Bool { self.schedule == nil || self.schedule == schedule }

    /// Whether it is about jobs of some days.
    var isAboutDays: Bool { days != nil }

    /// Whether it wants jobs of a day.
    func wants(day: Int) -> Bool { days.map { $0.contains(day) && !hasNoDays } ?? true }

    /// Whether it wants a job of `active/`, in any state.
    func wants(_ entry: ActiveIndex.Entry, in zone: TimeZoneRules) -> Bool {
        let (metadata, status) = (entry.job.metadata, entry.job.status)
        return wants(metadata.project, metadata.spider) && wants(firedBy: metadata.firedBy)
            && (days == nil || wants(day: zone.civil(at: status[.ended] ?? entry.at).daysSinceEpoch))
    }
}

extension Parameters {
    /// A value that is not empty; nil if it is absent or empty.
    func filled(_ name: String) throws(APIError) -> String? {
        try text(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The id of a job; nil if it is absent or empty.
    func job(_ name: String) throws(APIError) -> JobID? {
        guard let text = try filled(name) else { return nil }
        guard let id = JobID(text) else { throw .badRequest("No such job: \"\(text)\"") }
        return id
    }
}
