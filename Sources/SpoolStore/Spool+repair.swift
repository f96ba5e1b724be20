public import LinuxSystem
public import SpoolModel

/// The changes of `scrapy-spool check --repair`. The caller holds the engine's lock, so no server works on the tree;
/// shims may.
extension Spool {
    /// Calls a closure with the open directory that contains a path below the root, reached without following links,
    /// and the last name of the path.
    public func withHolder(
        of path: String, _ body: (_ directory: borrowing Directory, _ name: String) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        var names = path.split(separator: "/").map(String.init)
        let last = names.popLast() ?? "."
        let directory = try doing("open the directory of \(path)") { () throws(SystemError) in
            var directory = try root.duplicate()
            for name in names { directory = try directory.directory(name) }
            return directory
        }
        try body(directory, last)
    }

    /// Changes the permission bits of a file or directory.
    public func setPermissions(_ path: String, _ bits: UInt32) throws(SpoolError) {
        try withHolder(of: path) { (directory, name) throws(SpoolError) in
            try doing("change the mode of \(path)") { () throws(SystemError) in
                try directory.setPermissions(name, bits)
            }
        }
    }

    /// Changes the owner of a name, which needs root.
    public func setOwner(_ path: String, _ user: UInt32) throws(SpoolError) {
        try withHolder(of: path) { (directory, name) throws(SpoolError) in
            try doing("change the owner of \(path)") { () throws(SystemError) in
                try directory.setOwner(name, user)
            }
        }
    }

    /// Moves a name to `quarantine/`, with a file for the reason.
    ///
    /// - Parameter newName: its name there, if it changes.
    /// - Returns: its name there.
    @discardableResult
    public func quarantine(_ path: String, as newName: String? = nil, reason: String) throws(SpoolError) -> String {
        var place = ""
        try withHolder(of: path) { (directory, name) throws(SpoolError) in
            place = try quarantine(name, in: directory, as: newName, reason: reason)
        }
        return place
    }

    /// Marks a job as active, durably, replacing an existing mark atomically.
    public func remark(_ id: JobID) throws(SpoolError) {
        let aside = ".\(id).tmp"
        try doing("mark \(id) as active") { () throws(SystemError) in
            try active.removeTree(aside)
            try active.makeLink(aside, to: "../jobs/\(id.day)/\(id)")
            try active.rename(aside, to: id.description)
            try active.synchronize()
        }
    }

    /// Moves a job's directory to the place that its id determines; throws `.taken` if a job exists there.
    ///
    /// - Parameter path: its current path.
    public func place(_ id: JobID, from path: String) throws(SpoolError) {
        try withHolder(of: path) { (directory, name) throws(SpoolError) in
            do throws(SystemError) {
                let day = try makeDay(id.day)
                try directory.move(name, to: day, as: id.description)
                try day.synchronize()
                try directory.synchronize()
            } catch {
                if error.isTaken { throw SpoolError(.taken, "There is a job \(id) already", cause: error) }
                throw SpoolError(error, while: "move the job to its day")
            }
        }
    }

    /// Removes a useless file or link, or an empty directory, durably.
    public func clear(_ path: String) throws(SpoolError) {
        try withHolder(of: path) { (directory, name) throws(SpoolError) in
            try doing("remove \(path)") { () throws(SystemError) in
                if try directory.information(name).kind == .directory {
                    try directory.removeDirectory(name)
                } else {
                    try directory.remove(name)
                }
                try directory.synchronize()
            }
        }
    }

    /// Publishes a job's metadata again, with completed members.
    public func rewrite(_ metadata: JobMetadata, in job: borrowing JobDirectory) throws(SpoolError) {
        try doing("write the job's metadata.json") { () throws(SystemError) in
            try job.directory.publish("metadata.json", metadata.file)
        }
    }

    /// Publishes a project's metadata, and the same facts as a status line.
    public func publish(_ project: ProjectMetadata) throws(SpoolError) {
        try withProjectsLocked(shared: false) { () throws(SpoolError) in
            try doing("publish the project \(project.name)") { () throws(SystemError) in
                let place = try projects.directory(project.name.description)
                try place.publish("metadata.json", project.file)
                try place.publish("status", Array(project.statusLine.utf8))
            }
        }
    }

    /// Publishes the metadata of a version of a project.
    public func publish(_ version: VersionMetadata, of project: ProjectName) throws(SpoolError) {
        try doing("publish version \(version.version) of \(project)") { () throws(SystemError) in
            try projects.directory(project.description).directory("versions").directory(String(version.version))
                .publish("metadata.json", version.file)
        }
    }
}
