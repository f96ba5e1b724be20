public import LinuxSystem
public import SpoolModel

/// Access for the user that spiders run as: to its own directories. The directories above them get the user's group and
/// the mode 0710.
extension Spool {
    /// The absolute path of the directory that a project's jobs share between runs. It is kept when the project is
    /// removed.
    ///
    /// - Parameter account: the owner; nil for this process's user.
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
