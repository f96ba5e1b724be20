internal import LinuxSystem
public import SpoolModel

extension Spool {
    /// Whether a file or directory exists at the place of a job with this id.
    public func contains(_ id: JobID) -> Bool {
        jobs.contains("\(id.day)/\(id)")
    }

    /// Whether a version of a project has code that can be read; nil is the current one.
    public func hasUsableCode(_ version: VersionNumber?, of name: ProjectName) -> Bool {
        do throws(SpoolError) {
            let project = try project(name)
            try doing("read the code of project \(name)") { () throws(SystemError) in
                _ = try VersionCode(of: name, version: version?.value ?? project.version, in: root)
            }
            return true
        } catch {
            return false
        }
    }

    /// Throws if the code of a project's current version is missing or cannot be read.
    public func checkCode(of project: ProjectMetadata) throws(SpoolError) {
        try doing("read the code of project \(project.name)") { () throws(SystemError) in
            _ = try VersionCode(of: project.name, version: project.version, in: root)
        }
    }
}
