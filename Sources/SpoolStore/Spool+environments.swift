internal import Glibc
public import LinuxSystem
public import SpoolModel
internal import Synchronization

/// Python environments: `environments/<key>/`, complete or absent, never changed, shared by the versions that name
/// them.
///
/// Anything in there may be deleted at any time: an environment is built again when a job needs it.
extension Spool {
    /// The name of the directory.
    public static let environments = "environments"
    /// The name in it of the cache of downloaded packages, and of the lock that a build holds.
    public static let environmentCache = ".cache", environmentLock = ".lock"
    /// The name in an environment of the virtual environment itself.
    public static let python = "python"
    /// The name in a version's directory of the file that names its environment.
    static let environmentName = "environment"

    /// Opens `environments/`, which is created if it is missing.
    public func environmentStock() throws(SpoolError) -> Directory {
        try doing("open environments/") { () throws(SystemError) in
            try root.durableSubdirectory(Spool.environments)
        }
    }

    /// The absolute path of an environment.
    public func path(of key: EnvironmentKey) -> String { "\(path)/\(Spool.environments)/\(key)" }

    /// Whether an environment is there. If so, it counts as used now.
    public func useEnvironment(_ key: EnvironmentKey) -> Bool {
        guard contains(key) else { return false }
        // Only the time of its deletion depends on it.
        try? root.directory(Spool.environments).touch(key.description)
        return true
    }

    /// Whether an environment is there.
    public func contains(_ key: EnvironmentKey) -> Bool {
        VersionEnvironment.isPresent(key, in: root)
    }

    /// Lets a user through to an environment.
    ///
    /// - Parameter account: the user; nil for this process's.
    /// - Returns: the absolute path of the virtual environment.
    public func openEnvironment(_ key: EnvironmentKey, for account: Account?) throws(SpoolError) -> String {
        try doing("open the Python environment \(key)") { () throws(SystemError) in
            if let account {
                try root.letThrough(account.group)
                try root.directory(Spool.environments).letThrough(account.group)
            }
            return "\(path(of: key))/\(Spool.python)"
        }
    }

    /// The facts of an environment that is there; nil otherwise.
    public func environmentFacts(_ key: EnvironmentKey) -> EnvironmentFacts? {
        // An environment whose facts cannot be read is built again.
        guard contains(key),
            // As above.
            let bytes = try? root.directory("\(Spool.environments)/\(key)").content("metadata.json"),
            let facts = JSON(ifValid: bytes).flatMap(EnvironmentFacts.init), facts.key == key
        else { return nil }
        return facts
    }

    /// The environment that a version names; nil if it uses the server's Scrapy.
    public func environmentKey(of project: ProjectName, version: Int) throws(SpoolError) -> EnvironmentKey? {
        try doing("read the environment of version \(version) of \(project)") { () throws(SystemError) in
            try VersionEnvironment.key(of: project, version: version, in: root)
        }
    }

    /// The lock from which the environment of a version is built.
    public func environmentLock(
        of project: ProjectName, version: Int
    ) throws(SpoolError) -> (facts: EnvironmentFacts, lock: [UInt8]) {
        guard let number = VersionNumber(version) else { throw SpoolError(.missing, "There is no version \(version)") }
        let metadata = try self.version(number, of: project)
        guard let facts = metadata.environment else {
            throw SpoolError(.unreadable, "The metadata.json of version \(version) of \(project) names no environment")
        }
        let lock = try doing("read the lock of version \(version) of \(project)") { () throws(SystemError) in
            try projects.directory("\(project)/versions/\(version)").content(
                facts.lock, limit: VersionEnvironment.limit)
        }
        return (facts, lock)
    }

    /// The names and versions of the packages of an environment, as `Scrapy-2.13.4`, sorted; nil if it is not there.
    public func packages(of key: EnvironmentKey) -> [String]? {
        guard contains(key) else { return nil }
        // One that vanishes meanwhile is not there.
        return try? Spool.distributions(in: root.directory("\(Spool.environments)/\(key)/\(Spool.python)"))
    }

    /// The names and versions of the packages of a virtual environment: those of its directories `dist-info`, sorted.
    public static func distributions(in python: borrowing Directory) throws(SystemError) -> [String] {
        let packages = try Spool.sitePackages(of: python)
        let suffix = ".dist-info"
        return try python.foreignDirectory(RelativePath(packages)).names()
            .filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }.sorted()
    }

    /// The path in a virtual environment of the directory with its packages.
    public static func sitePackages(of python: borrowing Directory) throws(SystemError) -> String {
        let versions = try python.foreignDirectory(RelativePath("lib")).names()
        return "lib/\(versions.first { $0.hasPrefix("python") } ?? "python3")/site-packages"
    }

    // MARK: Builds

    /// Makes an empty directory in `tmp/` for a build, and returns its name. It is not taken for rubbish while this
    /// process runs, until ``removeBuild(_:)``.
    public func makeBuild(_ token: JobID) throws(SpoolError) -> String {
        try checkRoom()
        let name = "build-\(token)"
        pushes.withLock { _ = $0.insert(name) }
        try doing("make room for a Python environment") { () throws(SystemError) in try tmp.makeDirectory(name) }
        return name
    }

    /// Deletes a build.
    public func removeBuild(_ name: String) {
        // A directory that cannot be deleted now is found by the hourly check.
        tmp.removeLeftoverTree(name)
        _ = pushes.withLock { $0.remove(name) }
    }

    /// Makes the subdirectory `made` of a build the environment of a key, durably. If there is one by now, nothing is
    /// changed.
    ///
    /// The files become read-only, and readable for every user that is let into the spool.
    ///
    /// - Parameters:
    ///   - name: that of the build in `tmp/`.
    ///   - opened: a directory of the filesystem that was opened before the build wrote: syncfs(2) reports the failed
    ///   writes
    ///     since then.
    ///   - account: the user that jobs run as; nil for this process's.
    public func publishEnvironment(
        _ key: EnvironmentKey, from name: String, since opened: borrowing Directory, facts: EnvironmentFacts,
        lock: [UInt8], for account: Account?
    ) throws(SpoolError) {
        let stock = try environmentStock()
        try doing("publish the Python environment") { () throws(SystemError) in
            let build = try tmp.directory(name)
            let made = try build.directory("made")
            for (name, content) in [("metadata.json", facts.json.file), (facts.lock, lock)] {
                try made.file(name, O_WRONLY | O_CREAT | O_TRUNC).write(content)
            }
            try made.share()
            if let account {
                try root.letThrough(account.group)
                try stock.letThrough(account.group)
            }
            // Thousands of small files: one flush of the filesystem takes less than one of each.
            try opened.descriptor.synchronizeFilesystem()
            let target = try stock.directory(".")
            do throws(SystemError) {
                try build.move("made", to: stock, as: key.description)
            } catch {
                guard error.isTaken else { throw error }
                if contains(key) { return }
                // Partly deleted, or of another machine.
                _ = try moveToRubbish(FileName(key.description), of: stock, in: tmp, as: "environment")
                try build.move("made", to: stock, as: key.description)
            }
            try target.synchronize()
        }
    }

    /// Moves the environments to `tmp/` that no version names and that were not used for some time.
    ///
    /// - Parameter age: seconds since the last use.
    /// - Returns: the names in `tmp/`, to be deleted.
    public func retireEnvironments(unusedFor age: Int) throws(SpoolError) -> [FileName] {
        // A push may be about to name one that is new, and wakes the janitor when it has.
        guard pushes.withLock({ $0.isEmpty }), let stock = root.directoryIfAny(Spool.environments) else { return [] }
        let keys = stock.namesIfAny().compactMap { EnvironmentKey($0) }
        guard !keys.isEmpty else { return [] }
        let limit = SystemClock.wall() - Int64(min(max(0, age), 1 << 40)) * 1_000_000
        let old = keys.filter { key in
            stock.informationIfAny(key.description).map { $0.modified / 1000 < limit } ?? false
        }
        guard !old.isEmpty else { return [] }
        let used = try namedEnvironments()
        var rubbish: [FileName] = []
        for key in old where !used.contains(key) {
            rubbish.append(
                try doing("delete the environment \(key)") { () throws(SystemError) in
                    try moveToRubbish(FileName(key.description), of: stock, in: tmp, as: "environment")
                })
        }
        return rubbish
    }

    /// The environments that versions name. Throws if a version cannot be read, since it may name any.
    public func namedEnvironments() throws(SpoolError) -> Set<EnvironmentKey> {
        try doing("read which environments versions use") { () throws(SystemError) in
            var named: Set<EnvironmentKey> = []
            for project in try projects.names().compactMap({ ProjectName($0) }) {
                guard let versions = projects.directoryIfAny("\(project)/versions") else { continue }
                for number in try versions.names().compactMap({ VersionNumber($0)?.value }) {
                    if let key = try VersionEnvironment.key(of: project, version: number, in: root) {
                        named.insert(key)
                    }
                }
            }
            return named
        }
    }
}
