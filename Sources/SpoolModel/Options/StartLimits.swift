/// How many jobs may run at a time besides the number of slots, and in which order they start: the settings of `[limits]`.
public struct StartLimits: Hashable, Sendable {
    /// What a limit counts.
    public enum Subject: Hashable, Comparable, Sendable, CustomStringConvertible {
        /// The jobs of a project.
        case project(ProjectName)
        /// The jobs of one spider.
        case spider(ProjectName, SpiderName)
        /// The jobs with a tag.
        case tag(JobTag)

        /// Reads `project NAME`, `spider PROJECT/NAME` or `tag WORD`; nil for anything else.
        public init?(_ text: some StringProtocol) {
            let text = String(text)
            guard let blank = text.firstIndex(of: " ") else { return nil }
            let name = String(text[blank...].drop { $0 == " " })
            switch text[..<blank] {
            case "project":
                guard let project = ProjectName(name) else { return nil }
                self = .project(project)
            case "spider":
                guard let slash = name.firstIndex(of: "/"), let project = ProjectName(String(name[..<slash])),
                    let spider = SpiderName(String(name[name.index(after: slash)...]))
                else { return nil }
                self = .spider(project, spider)
            case "tag":
                guard let tag = JobTag(name) else { return nil }
                self = .tag(tag)
            default: return nil
            }
        }

        /// The text that ``init(_:)`` reads.
        public var description: String {
            switch self {
            case .project(let project): "project \(project)"
            case .spider(let project, let spider): "spider \(project)/\(spider)"
            case .tag(let tag): "tag \(tag)"
            }
        }
    }

    /// The usual seconds of waiting for which a job gains one priority.
    public static let usualAging = 600
    /// The usual number of runs of a schedule with `overlap = queue` that may wait.
    public static let usualQueue = 100

    /// How many jobs may run, by what is counted.
    public var counts: [Subject: Int] = [:]
    /// Seconds of waiting for which a job gains one priority; 0 for never.
    public var aging = StartLimits.usualAging
    /// How many runs of a schedule with `overlap = queue` may wait; those that come then are left out.
    public var queue = StartLimits.usualQueue

    /// No limits.
    public init() {}

    /// Sets a limit by its name in the configuration: `priority-aging`, `queue`, or what is counted.
    ///
    /// - Returns: false if nothing has that name.
    public mutating func set(_ name: String, to text: String) throws(OptionError) -> Bool {
        if name == "priority-aging" {
            aging = try OptionText.seconds(text, of: name)
            return true
        }
        let subject = Subject(name)
        guard subject != nil || name == "queue" else { return false }
        guard let number = Int(text), (1...1_000_000).contains(number) else {
            throw OptionError(name: name, text: text, expected: "a number from 1 to 1000000")
        }
        if let subject { counts[subject] = number } else { queue = number }
        return true
    }

    /// The limits that count a job.
    public func subjects(project: ProjectName, spider: SpiderName, tags: [JobTag]) -> [Subject] {
        guard !counts.isEmpty else { return [] }
        let all = [.project(project), .spider(project, spider)] + tags.map { Subject.tag($0) }
        return all.filter { counts[$0] != nil }
    }
}
