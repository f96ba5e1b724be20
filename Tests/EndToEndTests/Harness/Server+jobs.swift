import LinuxSystem
import SpoolModel

extension Server {
    /// Makes a pending job with options as a creator does: a directory, then a mark. The engine sees the mark.
    ///
    /// - Parameters:
    ///   - spider: `PROJECT/SPIDER`.
    ///   - options: by the names of the API.
    func make(_ spider: String, _ options: [String: String], payload: String = "{}") throws -> JobID {
        let id = try draft(spider, options, payload: payload)
        try File.rename("\(spool)/tmp/\(id)", to: directory(of: id))
        try mark(id)
        return id
    }

    /// Makes the mark of a job.
    func mark(_ id: JobID) throws {
        try Directory(path: "\(spool)/active").makeLink("\(id)", to: "../jobs/\(id.day)/\(id)")
    }

    /// Writes a pending job in `tmp/`. Its parameters are those of ``make(_:_:payload:)``.
    func draft(_ spider: String, _ options: [String: String] = [:], payload: String = "{}") throws -> JobID {
        let names = spider.split(separator: "/")
        guard let project = ProjectName(String(names[0])), let spider = SpiderName(String(names[1])) else {
            throw Failure("\(spider) is no spider")
        }
        var generator = SystemRandomNumberGenerator()
        let now = Timestamp(microseconds: SystemClock.wall())
        var metadata = JobMetadata(
            id: JobID(at: now, using: &generator), actor: .user, schedule: "now", project: project, spider: spider,
            description: "", payload: payload, created: now)
        for (name, text) in options.sorted(by: { $0.key < $1.key }) {
            guard try metadata.options.set(name, to: text) else { throw Failure("there is no option \(name)") }
        }
        let id = metadata.id
        let draft = "\(spool)/tmp/\(id)"
        try File.makeDirectory(draft)
        try File.write(metadata.file, to: "\(draft)/metadata.json")
        try File.write(JobStatus(.pending, at: now).line, to: "\(draft)/status")
        try File.makeDirectory("\(spool)/jobs/\(id.day)")
        return id
    }
}
