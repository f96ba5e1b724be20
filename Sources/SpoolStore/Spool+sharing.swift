public import LinuxSystem
public import SpoolModel

/// What another user, in whose name spiders run, can see of the tree: its own directories. Those on the way get the user's
/// group and may be gone through (mode 0710).
extension Spool {
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
            try root.letThrough(account.group)
        }
        return "\(path)/data/\(project)"
    }
}
