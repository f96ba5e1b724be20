internal import Glibc
public import LinuxSystem
public import SpoolModel

extension Spool {
    /// The variables of a project's jobs.
    public func variables(of project: ProjectName) throws(SpoolError) -> ProjectVariables {
        try doing("read projects/\(project)/\(ProjectVariables.file)") { () throws(SystemError) in
            try ProjectVariables(of: project, in: root)
        }
    }

    /// Changes the variables of a project's jobs, durably. All other lines of the file stay as they are. Throws `.refused` if
    /// it gets too long.
    ///
    /// - Parameter changes: names and their new values; nil removes the variable.
    public func changeVariables(
        of project: ProjectName, _ changes: [(name: String, value: String?)]
    ) throws(SpoolError) -> ProjectVariables {
        try withProjectsLocked(shared: false) { () throws(SpoolError) in
            _ = try self.project(project)
            let content = try doing("read projects/\(project)/\(ProjectVariables.file)") { () throws(SystemError) in
                ProjectVariables.changed(try ProjectVariables.content(of: project, in: root) ?? [], changes)
            }
            guard content.count <= ProjectVariables.limit else {
                throw SpoolError(
                    .refused, "The variables of a project have at most \(ProjectVariables.limit) bytes together")
            }
            try doing("change the variables of \(project)") { () throws(SystemError) in
                try projects.directory(project.description).publish(ProjectVariables.file, content)
            }
            return ProjectVariables(parsing: content)
        }
    }
}

extension JobDirectory {
    /// The variables of the project of this job.
    public func variables(of project: ProjectName) throws(SystemError) -> ProjectVariables {
        try ProjectVariables(of: project, in: spoolRoot())
    }
}

extension ProjectVariables {
    /// Reads the variables of a project; none if it has no such file.
    fileprivate init(of project: ProjectName, in root: borrowing Directory) throws(SystemError) {
        self.init(parsing: try ProjectVariables.content(of: project, in: root) ?? [])
    }

    /// The content of the file; nil if there is none.
    fileprivate static func content(
        of project: ProjectName, in root: borrowing Directory
    ) throws(SystemError) -> [UInt8]? {
        let path = "projects/\(project)/\(ProjectVariables.file)"
        do throws(SystemError) {
            return try root.content(path, limit: ProjectVariables.limit)
        } catch  where error.code == EFBIG {
            // A part of it would be worse than nothing: a value could be cut off.
            throw SystemError(
                code: EFBIG, operation: "read \(path), which has more than \(ProjectVariables.limit) bytes")
        } catch {
            guard error.isMissing else { throw error }
            guard root.contains(path) else { return nil }
            throw SystemError(code: EINVAL, operation: "read \(path), which is not a regular file")
        }
    }
}
