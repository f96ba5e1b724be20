public import LinuxSystem
public import SpoolModel

/// What `scrapy-spool check --repair` writes. The caller has the engine's lock, so that no server works on the tree;
/// shims may.
extension Spool {
    /// Calls with the open directory that holds a path below the root, reached through no link, and the path's last
    /// name.
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

    /// Gives a file or directory other permission bits.
    public func setPermissions(_ path: String, _ bits: UInt32) throws(SpoolError) {
        try withHolder(of: path) { (directory, name) throws(SpoolError) in
            try doing("change the mode of \(path)") { () throws(SystemError) in
                try directory.setPermissions(name, bits)
            }
        }
    }

    /// Gives anything another owner, which takes the rights of root.
    public func setOwner(_ path: String, _ user: UInt32) throws(SpoolError) {
        try withHolder(of: path) { (directory, name) throws(SpoolError) in
            try doing("change the owner of \(path)") { () throws(SystemError) in
                try directory.setOwner(name, user)
            }
        }
    }

    /// Moves anything to `quarantine/`, with the reason beside it.
    ///
    /// - Parameter newName: its name there, if not its own.
    public func setAside(_ path: String, as newName: String? = nil, reason: String) throws(SpoolError) {
        try withHolder(of: path) { (directory, name) throws(SpoolError) in
            try setAside(name, in: directory, as: newName, reason: reason)
        }
    }

    /// Marks a job as not finished, durably, in one step in place of whatever mark there is.
    public func remark(_ id: JobID) throws(SpoolError) {
        let aside = ".\(id).tmp"
        try doing("mark \(id) as active") { () throws(SystemError) in
            try active.removeTree(aside)
            try active.makeLink(aside, to: "../jobs/\(id.day)/\(id)")
            try active.rename(aside, to: id.description)
            try active.synchronize()
        }
    }

    /// Moves a job's directory to where its id says that it belongs; throws `.taken` where there is a job already.
    ///
    /// - Parameter path: where it is now.
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

    /// Removes a file or a link that is of no use any more, or an empty directory, durably.
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

    /// Publishes a job's metadata again, with what it lacked.
    public func rewrite(_ metadata: JobMetadata, in job: borrowing JobDirectory) throws(SpoolError) {
        try doing("write the job's metadata.json") { () throws(SystemError) in
            try job.directory.publish("metadata.json", metadata.file)
        }
    }

    /// Publishes what is known of a project: its metadata, and the line that says the same to people.
    public func publish(_ project: ProjectMetadata) throws(SpoolError) {
        try withProjectsLocked(shared: false) { () throws(SpoolError) in
            try doing("publish the project \(project.name)") { () throws(SystemError) in
                let place = try projects.directory(project.name.description)
                try place.publish("metadata.json", project.file)
                try place.publish("status", Array(project.statusLine.utf8))
            }
        }
    }

    /// Publishes what is known of a version of a project.
    public func publish(_ version: VersionMetadata, of project: ProjectName) throws(SpoolError) {
        try doing("publish version \(version.version) of \(project)") { () throws(SystemError) in
            try projects.directory(project.description).directory("versions").directory(String(version.version))
                .publish("metadata.json", version.file)
        }
    }
}
