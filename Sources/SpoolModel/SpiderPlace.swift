/// A spider of a project.
public struct SpiderPlace: Hashable, Comparable, Sendable {
    /// The project.
    public let project: ProjectName
    /// The spider.
    public let spider: SpiderName

    /// A spider by its names.
    public init(project: ProjectName, spider: SpiderName) {
        self.project = project
        self.spider = spider
    }

    /// By project, then by spider.
    public static func < (a: SpiderPlace, b: SpiderPlace) -> Bool {
        (a.project.description, a.spider.description) < (b.project.description, b.spider.description)
    }
}
