internal import SpoolModel
internal import SpoolStore

/// What `list-jobs.json` is asked for beside a status: only some of the jobs, a page of them, and their facts.
struct JobQuery: Sendable {
    /// The most jobs of a page.
    private static let largestPage = 1000

    private let project: String?
    private let spider: String?
    /// What is looked for.
    let text: TextSearch?
    /// The last job of the page before.
    let after: JobID?
    /// The most jobs of the page.
    let limit: Int?
    /// Whether each job comes with a dictionary of its facts.
    let withFacts: Bool

    /// Reads the parameters; nil where there are none of these, and the answer is the plain list.
    init?(_ parameters: Parameters) throws(APIError) {
        project = try parameters.text("project").flatMap { $0.isEmpty ? nil : $0 }
        spider = try parameters.text("spider").flatMap { $0.isEmpty ? nil : $0 }
        text = try parameters.text("text").flatMap { $0.isEmpty ? nil : TextSearch($0) }
        let afterText = try parameters.text("after").flatMap { $0.isEmpty ? nil : $0 }
        after = afterText.flatMap { JobID($0) }
        if let afterText, after == nil { throw .badRequest("No such job: \"\(afterText)\"") }
        limit = try parameters.number("limit", in: 1...JobQuery.largestPage)
        withFacts = try parameters.text("facts") != nil
        if project == nil, spider == nil, text == nil, after == nil, limit == nil, !withFacts { return nil }
    }

    /// A page of jobs, how many match in all, and whether there are more.
    struct Page<Element> {
        var jobs: [Element] = []
        var total = 0
        var hasMore = false
    }

    /// Whether jobs of a spider are asked for.
    func wants(_ project: ProjectName, _ spider: SpiderName) -> Bool {
        (self.project ?? project.description) == project.description
            && (self.spider ?? spider.description) == spider.description
    }

    /// The page of jobs that are active.
    ///
    /// Throws 400 when the job that it is to come after is not in the list (any more).
    ///
    /// - Parameter isPast: whether the page begins further down, so that these are only counted.
    func page(of entries: [ActiveIndex.Entry], isPast: Bool = false) throws(APIError) -> Page<ActiveIndex.Entry> {
        let matching = entries.filter { entry in
            wants(entry.job.metadata.project, entry.job.metadata.spider)
                && text.map { text in entry.json.withUnsafeBytes { text.isFound(in: $0) } } ?? true
        }
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
        return Page(jobs: Array(page), total: matching.count, hasMore: page.count < rest.count)
    }
}
