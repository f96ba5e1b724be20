internal import Scheduling
internal import SpoolModel
internal import SpoolStore

/// The parameters of `list-jobs.json` besides the status: filters, a page, and whether to include facts.
struct JobQuery: Sendable {
    /// The most jobs of a page.
    private static let largestPage = 1000
    /// The same of a page with sizes, for which each file of each job is looked at.
    private static let largestMeasuredPage = 100

    /// Which jobs are listed, besides the text.
    let filter: JobFilter
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
    /// Whether these include what it costs to keep the jobs.
    let withSizes: Bool
    /// Whether the answer counts the jobs of each state, whichever are listed.
    let withCounts: Bool
    /// The order of the jobs.
    let order: JobOrder

    /// Reads the parameters; nil without any of them, when the answer is the plain list.
    init?(_ parameters: Parameters) throws(APIError) {
        filter = try JobFilter(parameters)
        text = try parameters.filled("text").flatMap { TextSearch($0) }
        after = try parameters.job("after")
        limit = try parameters.number("limit", in: 1...JobQuery.largestPage)
        withSizes = try parameters.isSet("sizes")
        let isOneJob = try parameters.text("status") == nil
        guard !withSizes || isOneJob || limit.map({ $0 <= JobQuery.largestMeasuredPage }) ?? false else {
            throw .badRequest("\"sizes\" needs \"limit\", of at most \(JobQuery.largestMeasuredPage)")
        }
        withFirstErrors = try parameters.isSet("first-error")
        let isForFacts = try parameters.isSet("facts")
        withFacts = isForFacts || withFirstErrors || withSizes
        withCounts = try parameters.isSet("counts")
        let word = try parameters.filled("order")
        order = try word.map(JobOrder.init(word:)) ?? .newest
        if filter.isEmpty, text == nil, after == nil, limit == nil, !withFacts, !withCounts, word == nil { return nil }
    }

    /// A page of jobs, the number of all matches, and whether more follow.
    struct Page<Element> {
        var jobs: [Element] = []
        var total = 0
        var hasMore = false
        /// The number of all matches in each state; only if that was asked for.
        var counts: [JobState: Int] = [:]
    }

    /// Whether the query includes a job of `active/`, in any state.
    private func wants(_ entry: ActiveIndex.Entry, in zone: TimeZoneRules) -> Bool {
        filter.wants(entry, in: zone)
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
