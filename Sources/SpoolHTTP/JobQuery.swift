internal import SpoolModel
internal import SpoolStore

/// What `list-jobs.json` is asked for beside a status: only some of the jobs, a page of them, and their facts.
struct JobQuery: Sendable {
    /// The most jobs of a page.
    private static let largestPage = 1000

    private let project: String?
    private let spider: String?
    /// In lower case.
    private let text: String?
    private let after: JobID?
    private let limit: Int?
    /// Whether each job comes with a dictionary of its facts.
    let withFacts: Bool

    /// Reads the parameters; nil where there are none of these, and the answer is the plain list.
    init?(_ parameters: Parameters) throws(APIError) {
        project = try parameters.text("project").flatMap { $0.isEmpty ? nil : $0 }
        spider = try parameters.text("spider").flatMap { $0.isEmpty ? nil : $0 }
        text = try parameters.text("text").flatMap { $0.isEmpty ? nil : $0.lowercased() }
        let afterText = try parameters.text("after").flatMap { $0.isEmpty ? nil : $0 }
        after = afterText.flatMap { JobID($0) }
        if let afterText, after == nil { throw .badRequest("No such job: \"\(afterText)\"") }
        let limitText = try parameters.text("limit")
        limit = limitText.flatMap { Int($0) }
        if let limitText, !(1...JobQuery.largestPage).contains(limit ?? 0) {
            throw .badRequest("\"limit\" is a number from 1 to \(JobQuery.largestPage), not \"\(limitText)\"")
        }
        withFacts = try parameters.text("facts") != nil
        if project == nil, spider == nil, text == nil, after == nil, limit == nil, !withFacts { return nil }
    }

    /// A page of jobs, how many match in all, and whether there are more.
    struct Page: Sendable {
        let jobs: [Job]
        let total: Int
        let hasMore: Bool
    }

    /// The page of a list.
    ///
    /// Throws 400 when the job that it is to come after is not in the list (any more).
    func page(of jobs: [Job]) throws(APIError) -> Page {
        let matching = jobs.filter(matches)
        var rest = matching[...]
        if let after {
            guard let place = matching.firstIndex(where: { $0.id == after }) else {
                throw .badRequest("No such job in the list: \"\(after)\"")
            }
            rest = matching[(place + 1)...]
        }
        let page = rest.prefix(limit ?? .max)
        return Page(jobs: Array(page), total: matching.count, hasMore: page.count < rest.count)
    }

    private func matches(_ job: Job) -> Bool {
        let metadata = job.metadata
        if let project, metadata.project.description != project { return false }
        if let spider, metadata.spider.description != spider { return false }
        guard let text else { return true }
        return [
            job.id.description, metadata.project.description, metadata.spider.description, metadata.description,
            metadata.schedule, metadata.payload,
        ].contains { $0.lowercased().contains(text) }
    }
}
