internal import Glibc
public import LinuxSystem
public import SpoolModel

/// The Python environment of a version of a project: the one that its file `environment` names.
public enum VersionEnvironment {
    /// The most bytes of a lock.
    public static let limit = 16 << 20

    /// Whether an environment is there, complete as all are that have this name, and the Python that it was made
    /// with, which another machine may not have.
    public static func isPresent(_ key: EnvironmentKey, in root: borrowing Directory) -> Bool {
        let programs = "\(Spool.environments)/\(key)/\(Spool.python)/bin"
        // What cannot be looked at cannot be run.
        return root.contains("\(programs)/scrapy") && (try? root.informationOfTarget("\(programs)/python")) != nil
    }

    /// The environment that a version names; nil if it names none. Throws EBADMSG for a damaged file.
    static func key(
        of project: ProjectName, version: Int, in root: borrowing Directory
    ) throws(SystemError) -> EnvironmentKey? {
        let path = "projects/\(project)/versions/\(version)/\(Spool.environmentName)"
        let content: [UInt8]
        do throws(SystemError) {
            content = try root.content(path, limit: 256)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
        let text = String(decoding: content, as: UTF8.self)
        guard let key = EnvironmentKey(text.hasSuffix("\n") ? text.dropLast() : text[...]) else {
            throw SystemError(code: EBADMSG, operation: "read \(path), which names no environment")
        }
        return key
    }

    /// The path of the program `scrapy` of a virtual environment.
    ///
    /// - Parameter place: the absolute path of the environment.
    public static func scrapy(in place: String) -> String { "\(place)/bin/scrapy" }

    /// The variables of a job that runs in a virtual environment.
    ///
    /// - Parameters:
    ///   - variables: those of other jobs, as `NAME=value`.
    ///   - place: the absolute path of the environment.
    public static func variables(_ variables: [String], in place: String) -> [String] {
        // For programs that the spider starts by their names.
        let path = variables.last { $0.hasPrefix("PATH=") }?.dropFirst("PATH=".count) ?? "/usr/bin:/bin"
        return variables.filter { !$0.hasPrefix("PATH=") && !$0.hasPrefix("VIRTUAL_ENV=") }
            + ["PATH=\(place)/bin:\(path)", "VIRTUAL_ENV=\(place)"]
    }

    /// The content of a version's file `environment`.
    static func file(_ key: EnvironmentKey) -> [UInt8] { Array("\(key)\n".utf8) }
}

extension JobDirectory {
    /// The absolute path of the virtual environment in which a job of a version runs; nil for the server's Scrapy.
    ///
    /// Throws ENOENT if the environment is gone, so that it has to be built before the job can start.
    ///
    /// - Parameter account: the user that the job runs as, who is let through to it; nil for this process's.
    public func environment(
        of project: ProjectName, version: Int, for account: Account?
    ) throws(SystemError) -> String? {
        let root = try spoolRoot()
        guard let key = try VersionEnvironment.key(of: project, version: version, in: root) else { return nil }
        guard VersionEnvironment.isPresent(key, in: root) else {
            throw SystemError(code: ENOENT, operation: "find the Python environment \(key)")
        }
        if let account { try root.directory(Spool.environments).letThrough(account.group) }
        return try root.absolutePath() + "/\(Spool.environments)/\(key)/\(Spool.python)"
    }
}
