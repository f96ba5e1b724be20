public import LinuxSystem
public import SpoolModel

/// The items that jobs have scraped, as scrapyd has them, `items/<project>/<spider>/<id>.jl`.
extension Spool {
    /// The name of the directory in the tree.
    public static let items = "items"

    /// The path of the file for a job's items below the root.
    public static func itemPath(of job: JobMetadata) -> String {
        let (project, spider, name) = logPath(of: job)
        return "\(items)/\(project)/\(spider)/\(name).jl"
    }

    /// Makes the directory for the items of a job: its spider creates the file.
    public func makeItemPlace(of job: JobMetadata) throws(SpoolError) {
        let (project, spider, _) = Spool.logPath(of: job)
        _ = try doing("make the directory for the items of \(job.id)") { () throws(SystemError) in
            try root.subdirectory(Spool.items).subdirectory(project).subdirectory(spider)
        }
    }

    /// Adds a file of items from elsewhere, durably. Returns its length; nil if there is a file of that name already.
    public func addItems(
        _ file: FileName, of project: ProjectName, _ spider: SpiderName, from source: borrowing Descriptor
    ) throws(SpoolError) -> Int64? {
        try checkRoom()
        return try doing("take the items \(file) in") { () throws(SystemError) in
            let place = try root.subdirectory(Spool.items).subdirectory(project.description)
                .subdirectory(spider.description.replacing("/", with: "_"))
            guard !place.contains(file) else { return nil }
            let draft = "items-import"
            tmp.removeLeftover(draft)
            let copy = try tmp.file(draft, Spool.creating)
            let size = try copy.copy(from: source)
            try copy.synchronize()
            try place.durably { place throws(SystemError) in try tmp.move(draft, to: place, as: file) }
            return size
        }
    }
}
