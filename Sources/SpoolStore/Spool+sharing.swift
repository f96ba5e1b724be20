public import LinuxSystem
public import SpoolModel

/// What another user, in whose name spiders run, can see of the tree: the code of projects, and its own directories.
/// The directories on the way get the user's group and may be gone through (mode 0710), code may be read (0550, 0440).
extension Spool {
    /// Lets a group read the code of a project's current version.
    ///
    /// Goes through the code once: the version's directory, which can be gone through only after all in it can be read,
    /// says that it was done.
    public func share(_ project: ProjectMetadata, with group: UInt32) throws(SystemError) {
        let place = try projects.directory(project.name.description)
        let versions = try place.directory("versions")
        let version = try versions.directory(String(project.version))
        try shareCode(in: version, with: group)
        for directory in ["projects", "jobs"] { try root.directory(directory).letThrough(group) }
        try root.letThrough(group)
        try place.letThrough(group)
        try versions.letThrough(group)
    }

    /// Lets a group read the code of a push on its way.
    public func share(_ staging: borrowing Staging, with group: UInt32) throws(SystemError) {
        try shareCode(in: staging.directory, with: group)
        try tmp.letThrough(group)
        try root.letThrough(group)
    }

    private func shareCode(in version: borrowing Directory, with group: UInt32) throws(SystemError) {
        let information = try version.descriptor.information()
        guard information.group != group || information.permissions & 0o010 == 0 else { return }
        try version.directory("code").letRead(group)
        try version.letThrough(group)
    }

    /// The absolute path of the directory that a project's jobs may use from run to run. It outlives the project.
    ///
    /// - Parameter account: whose it shall be; nil for this process's.
    public func dataDirectory(
        of project: ProjectName, for account: Account? = nil
    ) throws(SystemError) -> String {
        let data = try root.subdirectory("data")
        let directory = try data.subdirectory(project.description)
        if let account {
            try directory.give(to: account)
            try data.letThrough(account.group)
        }
        return "\(path)/data/\(project)"
    }
}
