internal import LinuxSystem
public import SpoolModel

extension Spool {
    /// Whether a file or directory exists at the place of a job with this id.
    public func contains(_ id: JobID) -> Bool {
        jobs.contains("\(id.day)/\(id)")
    }

    /// What a job lacks for a start now.
    public enum Lack: Sendable {
        /// Code that can be read of its project, or of the version that it names.
        case code
        /// The Python environment of that version.
        case environment
    }

    /// What the version of its project that a job would run lacks; nil if it can start.
    public func lack(of job: JobMetadata) -> Lack? {
        do throws(SpoolError) {
            let project = try project(job.project)
            let version = try version(for: job, of: project)
            try doing("read the code of project \(project.name)") { () throws(SystemError) in
                _ = try VersionCode(of: project.name, version: version, in: root)
            }
            // What cannot be read is no reason that is known.
            guard let key = try? environmentKey(of: project.name, version: version) else { return nil }
            return contains(key) ? nil : .environment
        } catch {
            return .code
        }
    }

    /// Throws if the code of a project's current version is missing or cannot be read.
    public func checkCode(of project: ProjectMetadata) throws(SpoolError) {
        try doing("read the code of project \(project.name)") { () throws(SystemError) in
            _ = try VersionCode(of: project.name, version: project.version, in: root)
        }
    }
}
