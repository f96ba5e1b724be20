internal import LinuxSystem
public import SpoolModel

extension Spool {
    /// Whether there is something where a job of this id has its directory.
    public func contains(_ id: JobID) -> Bool {
        jobs.contains("\(id.day)/\(id)")
    }

    /// Throws where the code of a project's current version is missing or cannot be read.
    public func checkCode(of project: ProjectMetadata) throws(SpoolError) {
        try doing("read the code of project \(project.name)") { () throws(SystemError) in
            _ = try VersionCode(of: project.name, version: project.version, in: root)
        }
    }
}
