internal import Glibc
internal import LinuxSystem
public import SpoolModel

extension Spool {
    /// Throws `.refused` if a scheduled job of a project would lose its spider.
    ///
    /// - Parameter spiders: those of the version that is to be the current one.
    func checkSchedules(of name: ProjectName, with spiders: [SpiderName]) throws(SpoolError) {
        let kept = Set(spiders)
        // Schedules that the project declares follow the version.
        let lost = try scheduledJobs(of: name).known.first {
            !kept.contains($0.spider) && $0.options.version == nil && $0.declared == nil
        }
        if let lost {
            throw SpoolError(.refused, "Spider \(lost.spider) is going to be removed but has scheduled jobs")
        }
    }

    /// Makes another version of a project the current one, durably, as a push does with a new one. Jobs that start from
    /// then on use it.
    ///
    /// Throws `.missing` if there is no such project or version, `.refused` if the version lacks a spider that has
    /// scheduled jobs.
    ///
    /// - Returns: the project, and the version that was current before.
    public func makeCurrent(
        _ number: VersionNumber, of name: ProjectName, at instant: Timestamp, by requester: Requester?
    ) throws(SpoolError) -> (project: ProjectMetadata, earlier: Int) {
        try withProjectsLocked(shared: false) { () throws(SpoolError) in
            var project = try project(name)
            let earlier = project.version
            guard number.value != earlier else { return (project, earlier) }
            let version = try version(number, of: name)
            try checkSchedules(of: name, with: version.spiders)
            try doing("make version \(number.value) of \(name) the current one") { () throws(SystemError) in
                let code = try VersionCode(of: name, version: number.value, in: root)
                project.version = number.value
                // Older servers did not record it.
                project.directory = version.directory ?? code.top.names.first.flatMap(\.text) ?? "."
                project.spiders = version.spiders
                project.updated = instant
                project.by = requester?.description
                try projects.directory(name.description).publish([
                    ("metadata.json", project.file), ("status", Array(project.statusLine.utf8)),
                ])
                // A hint for the engine, which keeps copies of the current version ready.
                try projects.touch(name.description)
            }
            return (project, earlier)
        }
    }
}
