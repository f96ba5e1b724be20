internal import Scheduling
internal import SpoolModel
internal import SpoolStore

/// The parameters of `list-jobs.json` besides the status: filters, a page, and whether to include facts.
struct JobQuery: Sendable {
    /// The most jobs of a page.
    private static let largestPage = 1000

    private let project: String?
    private let spider: String?
    /// The text to search for.
    let text: TextSearch?
    /// The last job of the previous page.
    let after: JobID?
    /// The most jobs of the page.
    let limit: Int?
    /// Whether each job includes a dictionary of its facts.
    let withFacts: Bool
    /// Whether these include the first error of jobs that have ended.
    let withFirstErrors: Bool
    /// Whether the answer counts the jobs of each state, whichever are listed.
    let withCounts: Bool
    /// The order of the jobs.
    let order: JobOrder
    /// The schedule that fired the jobs.
    private let schedule: JobID?
    /// The days of the jobs' ends, or of their last changes, in the server's local time, as days since 1970-01-01.
    private let days: ClosedRange<Int>?
    /// Whether the last of these days is before the first one.
    private let hasNoDays: Bool

    /// Reads the parameters; nil without any of them, when the answer is the plain list.
    init?(_ parameters: Parameters) throws(APIError) {
        project = try JobQuery.filled("project", parameters)
        spider = try JobQuery.filled("spider", parameters)
        text = try JobQuery.filled("text", parameters).flatMap { TextSearch($0) }
        after = try JobQuery.job("after", parameters)
        schedule = try JobQuery.job("fired-by", parameters)
        limit = try parameters.number("limit", in: 1...JobQuery.largestPage)
        withFirstErrors = try parameters.isSet("first-error")
        let isForFacts = try parameters.isSet("facts")
        withFacts = isForFacts || withFirstErrors
        withCounts = try parameters.isSet("counts")
        let word = try JobQuery.filled("order", parameters)
        order = try word.map(JobOrder.init(word:)) ?? .newest
        let (since, until) = (try JobQuery.day("since", parameters), try JobQuery.day("until", parameters))
        days = since == nil && until == nil ? nil : (since ?? .min)...max(since ?? .min, until ?? .max)
        hasNoDays = since.map { first in until.map { first > $0 } ?? false } ?? false
        if project == nil, spider == nil, text == nil, after == nil, limit == nil, !withFacts, !withCounts, word == nil,
            schedule == nil, days == nil
        {
            return nil
        }
    }

    /// A value that is not empty; nil if it is absent or empty.
    private static func filled(_ name: String, _ parameters: Parameters) throws(APIError) -> String? {
        try parameters.text(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The id of a job.
    private static func job(_ name: String, _ parameters: Parameters) throws(APIError) -> JobID? {
        guard let text = try filled(name, parameters) else { return nil }
        guard let id = JobID(text) else { throw .badRequest("No such job: \"\(text)\"") }
        return id
    }

    /// A day, since 1970-01-01.
    private static func day(_ name: String, _ parameters: Parameters) throws(APIError) -> Int? {
        guard let text = try filled(name, parameters) else { return nil }
        guard let midnight = Timestamp(rfc3339: "\(text)T00:00:00Z") else {
            throw .badRequest("\"\(name)\" is a date of the form 2026-11-28, not \"\(text)\"")
        }
        return CivilTime(midnight).daysSinceEpoch
    }

    /// A page of jobs, the number of all matches, and whether more follow.
    struct Page<Element> {
        var jobs: [Element] = []
        var total = 0
        var hasMore = false
        /// The number of all matches in each state; only if that was asked for.
        var counts: [JobState: Int] = [:]
    }

    /// Whether the query includes jobs of a spider.
    func wants(_ project: ProjectName, _ spider: SpiderName) -> Bool {
        (self.project ?? project.description) == project.description
            && (self.spider ?? spider.description) == spider.description
    }

    /// Whether the query includes jobs that a schedule fired.
    func wants(firedBy schedule: JobID?) -> Bool { self.schedule == nil || self.schedule == schedule }

    /// Whether the query is about jobs of some days.
    var isAboutDays: Bool { days != nil }

    /// Whether the query includes jobs of a day.
    func wants(day: Int) -> Bool { days.map { $0.contains(day) && !hasNoDays } ?? true }

    /// Whether the query includes a job of `active/`, in any state.
    private func wants(_ entry: ActiveIndex.Entry, in zone: TimeZoneRules) -> Bool {
        let (metadata, status) = (entry.job.metadata, entry.job.status)
        return wants(metadata.project, metadata.spider) && wants(firedBy: metadata.firedBy)
            && (days == nil || wants(day: zone.civil(at: status[.ended] ?? entry.at).daysSinceEpoch))
            && text.map { text in entry.json.withUnsafeBytes { text.isFound(in: $0) } } ?? true
    }

    /// A page of active jobs.
    ///
    /// Throws 400 if the job of `after` is not in the list (any more).
    ///
    /// - Parameters:
    ///   - entries: the jobs in any state, the newest change first.
    ///   - states: those of the jobs that are listed; all are counted.
    ///   - isPast: whether the page begins after all of these, so that they are only counted.
    func page(
        of entries: [ActiveIndex.Entry], in states: Set<JobState>, isPast: Bool = false, in zone: TimeZoneRules
    ) throws(APIError) -> Page<ActiveIndex.Entry> {
        let wanted = entries.filter { wants($0, in: zone) }
        let matching = order.sorted(wanted.filter { states.contains($0.job.status.state) })
        var rest = matching[...]
        if isPast {
            rest = []
        } else if let after {
            guard let place = matching.firstIndex(where: { $0.job.id == after }) else {
                throw .badRequest("No such job in the list: \"\(after)\"")
            }
            rest = matching[(place + 1)...]
        }
        let page = rest.prefix(limit ?? .max)
        return Page(
            jobs: Array(page), total: matching.count, hasMore: page.count < rest.count,
            counts: withCounts ? wanted.reduce(into: [:]) { $0[$1.job.status.state, default: 0] += 1 } : [:])
    }
}
