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

    /// Changes the variables of a project's jobs, durably. Throws `.refused` if they get too long.
    ///
    /// - Parameter change: gets the present ones.
    public func changeVariables(
        of project: ProjectName, _ change: (inout ProjectVariables) -> Void
    ) throws(SpoolError) -> ProjectVariables {
        try withProjectsLocked(shared: false) { () throws(SpoolError) in
            _ = try self.project(project)
            var variables = try variables(of: project)
            change(&variables)
            let content = variables.content
            guard content.count <= ProjectVariables.limit else {
                throw SpoolError(
                    .refused, "The variables of a project have at most \(ProjectVariables.limit) bytes together")
            }
            try doing("change the variables of \(project)") { () throws(SystemError) in
                try projects.directory(project.description).publish(ProjectVariables.file, content)
            }
            return variables
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
        let content: [UInt8]
        let path = "projects/\(project)/\(ProjectVariables.file)"
        do throws(SystemError) {
            content = try root.content(path, limit: ProjectVariables.limit)
        } catch  where error.code == EFBIG {
            // A part of it would be worse than nothing: a value could be cut off.
            throw SystemError(
                code: EFBIG, operation: "use \(path), which has more than \(ProjectVariables.limit) bytes")
        } catch {
            guard error.isMissing else { throw error }
            self.init()
            return
        }
        self.init(parsing: content)
    }
}
