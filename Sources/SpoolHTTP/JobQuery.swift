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

    /// Reads the parameters; nil without any of them, when the answer is the plain list.
    init?(_ parameters: Parameters) throws(APIError) {
        project = try parameters.text("project").flatMap { $0.isEmpty ? nil : $0 }
        spider = try parameters.text("spider").flatMap { $0.isEmpty ? nil : $0 }
        text = try parameters.text("text").flatMap { $0.isEmpty ? nil : TextSearch($0) }
        let afterText = try parameters.text("after").flatMap { $0.isEmpty ? nil : $0 }
        after = afterText.flatMap { JobID($0) }
        if let afterText, after == nil { throw .badRequest("No such job: \"\(afterText)\"") }
        limit = try parameters.number("limit", in: 1...JobQuery.largestPage)
        withFacts = try JobQuery.isSet("facts", parameters)
        if project == nil, spider == nil, text == nil, after == nil, limit == nil, !withFacts { return nil }
    }

    /// A value that is `1`, or `0` as if it was absent.
    private static func isSet(_ name: String, _ parameters: Parameters) throws(APIError) -> Bool {
        guard let text = try parameters.text(name) else { return false }
        guard ["0", "1"].contains(text) else { throw .badRequest("\"\(name)\" is 1 or 0, not \"\(text)\"") }
        return text == "1"
    }

    /// A page of jobs, the number of all matches, and whether more follow.
    struct Page<Element> {
        var jobs: [Element] = []
        var total = 0
        var hasMore = false
    }

    /// Whether the query includes jobs of a spider.
    func wants(_ project: ProjectName, _ spider: SpiderName) -> Bool {
        (self.project ?? project.description) == project.description
            && (self.spider ?? spider.description) == spider.description
    }

    /// A page of active jobs.
    ///
    /// Throws 400 if the job of `after` is not in the list (any more).
    ///
    /// - Parameter isPast: whether the page begins after all of these, so that they are only counted.
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
