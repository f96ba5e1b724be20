public import LinuxSystem
public import SpoolModel

/// The logs of jobs as scrapyd has them, `logs/<project>/<spider>/<id>.log`: links to the error outputs of the jobs, for
/// clients of scrapyd and for LogParser, which writes its statistics beside them.
extension Spool {
    /// The name of the directory in the tree.
    public static let logs = "logs"

    /// The path of a job's log below `logs/`: directory, directory, file. The last is without its extension.
    public static func logPath(of job: JobMetadata) -> (project: String, spider: String, name: String) {
        (
            job.project.description, job.spider.description.replacing("/", with: "_"),
            job.client?.id ?? job.id.description
        )
    }

    /// Makes the link to the log of a job. Another job with the same name loses it to this one. Nothing is flushed: a log that
    /// a loss of power takes out of this tree is still in the job's directory.
    ///
    /// - Parameter replacing: whether a link to the log of another job is replaced.
    public func linkLog(of job: JobMetadata, replacing: Bool = true) throws(SpoolError) {
        let (project, spider, name) = Spool.logPath(of: job)
        try doing("link the log of \(job.id)") { () throws(SystemError) in
            let place = try root.subdirectory(Spool.logs).subdirectory(project).subdirectory(spider)
            let target = "../../../jobs/\(job.id.day)/\(job.id)/job.err"
            let file = "\(name).log"
            do throws(SystemError) {
                try place.makeLink(file, to: target)
            } catch {
                guard error.isTaken else { throw error }
                guard replacing, place.linkIfAny(file) != target else { return }
                try place.remove(file)
                try place.makeLink(file, to: target)
            }
        }
    }

    /// The job whose log a link in `logs/` leads to; nil for anything else.
    public func job(ofLog path: RelativePath) -> JobID? {
        guard let directory = root.directoryIfAny(Spool.logs), let file = path.names.last?.text,
            let place = directory.foreignDirectoryIfAny(RelativePath(path.names.dropLast().map { $0 })),
            let target = place.linkIfAny(file)
        else { return nil }
        let words = target.split(separator: "/")
        guard words.count == 7, words[..<4] == ["..", "..", "..", "jobs"], words[6] == "job.err",
            let id = JobID(words[5]), id.day == words[4]
        else { return nil }
        return id
    }

    /// Takes the log of a purged job out of `logs/`, with the statistics that LogParser has written beside it, and its items.
    func unlinkLog(of job: JobMetadata) {
        let (project, spider, name) = Spool.logPath(of: job)
        guard let logs = root.directoryIfAny(Spool.logs), let above = logs.directoryIfAny(project),
            let place = above.directoryIfAny(spider),
            place.linkIfAny("\(name).log")?.hasSuffix("/\(job.id)/job.err") == true
        else { return }
        place.removeLeftover("\(name).log")
        place.removeLeftover("\(name).json")
        above.removeIfEmpty(spider)
        logs.removeIfEmpty(project)
        guard let items = root.directoryIfAny(Spool.items), let above = items.directoryIfAny(project),
            let place = above.directoryIfAny(spider)
        else { return }
        place.removeLeftover("\(name).jl")
        above.removeIfEmpty(spider)
        items.removeIfEmpty(project)
    }
}

extension Directory {
    /// The target of a link; nil if there is no link of that name.
    fileprivate func linkIfAny(_ name: String) -> String? {
        // The caller leaves out its work with it.
        try? target(ofLink: name)
    }
}
