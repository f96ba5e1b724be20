internal import LinuxSystem
public import SpoolModel

extension Spool {
    /// Whether a file or directory exists at the place of a job with this id.
    public func contains(_ id: JobID) -> Bool {
        jobs.contains("\(id.day)/\(id)")
    }

    /// Throws if the code of a project's current version is missing or cannot be read.
    public func checkCode(of project: ProjectMetadata) throws(SpoolError) {
        try doing("read the code of project \(project.name)") { () throws(SystemError) in
            _ = try VersionCode(of: project.name, version: project.version, in: root)
        }
    }
}
