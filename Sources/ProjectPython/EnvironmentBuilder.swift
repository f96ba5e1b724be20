internal import Crypto
internal import Glibc
public import LinuxSystem
public import SpoolModel
public import SpoolStore
internal import Synchronization

/// Builds Python environments with uv, one at a time: from the files of a pushed project, and again from the lock of
/// a version whose environment is gone. Its functions block their thread.
public final class EnvironmentBuilder: Sendable {
    private struct State {
        /// The current program.
        var pid: Int32?
        var isStopped = false
        /// The properties that Pythons have reported, by path and time of change.
        var pythons: [String: PythonInterpreter] = [:]
        var generator = SystemRandomNumberGenerator()
    }

    /// An environment that a version can use.
    public struct Made: Sendable {
        /// Its facts.
        public let facts: EnvironmentFacts
        /// Its lock.
        public let lock: [UInt8]
        /// Whether it was there already.
        public let isShared: Bool
        /// Milliseconds that it took.
        public let milliseconds: Int64
        /// Remarks for the client.
        public let warnings: [String]
    }

    let spool: Spool
    private let live: Locked<PythonSettings>
    private let state = Mutex(State())

    /// A builder for a spool.
    public init(spool: Spool, settings: PythonSettings) {
        self.spool = spool
        live = Locked(settings)
    }

    /// The settings; a build that is under way keeps those that it began with.
    public var settings: PythonSettings {
        get { live.value }
        set { live.value = newValue }
    }

    /// Ends the current build, and refuses new ones.
    public func stop() {
        state.withLock { state in
            state.isStopped = true
            // The guard ends all processes of its command.
            if let pid = state.pid { kill(pid, SIGTERM) }
        }
    }

    /// Notes the process of the current program, nil at its end; false if it is to be ended.
    func note(_ pid: Int32?) -> Bool {
        state.withLock { state in
            state.pid = pid
            return !state.isStopped
        }
    }

    // MARK: Entry points

    /// The environment of a pushed project, built if there is none with the same lock; nil if the project names no
    /// packages.
    ///
    /// - Parameters:
    ///   - places: opens the directory of `scrapy.cfg`, then the top of the archive.
    ///   - digest: the SHA-256 digest of the archive.
    public func environment(
        in places: [@Sendable () throws(SystemError) -> VersionCode], archive digest: String
    ) throws(EnvironmentFailure) -> Made? {
        let began = SystemClock.monotonic()
        for place in places {
            guard let file = try file(in: place) else { continue }
            let interpreter = try python(for: file)
            let build = EnvironmentBuild(
                by: self, settings, python: interpreter, code: place, archive: digest, token: token)
            return try build.make(from: file, since: began)
        }
        return nil
    }

    /// The path of the file that names a project's packages; nil if none does. For a server without uv.
    public func packageFileName(
        in places: [@Sendable () throws(SystemError) -> VersionCode]
    ) -> String? {
        for place in places {
            // A file that cannot be used names packages as well.
            do throws(EnvironmentFailure) {
                if let file = try file(in: place) { return file.path }
            } catch {
                return "the project"
            }
        }
        return nil
    }

    /// Builds the environment of a version again, unless it is there by now.
    public func rebuild(
        _ key: EnvironmentKey, of project: ProjectName, version: Int
    ) throws(EnvironmentFailure) {
        guard !spool.contains(key) else { return }
        let facts: EnvironmentFacts
        let lock: [UInt8]
        let metadata: VersionMetadata
        do throws(SpoolError) {
            guard let number = VersionNumber(version) else { return }
            metadata = try spool.version(number, of: project)
            (facts, lock) = try spool.environmentLock(of: project, version: version)
        } catch {
            throw EnvironmentFailure(.lock, error.code == .full ? .full : .refused, "\(error)")
        }
        let spool = spool
        func place(_ directory: String) -> @Sendable () throws(SystemError) -> VersionCode {
            { () throws(SystemError) in
                let code = try spool.projects.directory("\(project)/versions/\(version)/code")
                return VersionCode(code, directory: directory)
            }
        }
        let base = try basePython(like: facts)
        // Packages may come from sources named by the project's own file, which is found as at the push.
        let directory = metadata.directory ?? "."
        var found = (code: place(directory), file: try file(in: place(directory)))
        if found.file == nil, directory != ".", let file = try file(in: place(".")) { found = (place("."), file) }
        let build = EnvironmentBuild(
            by: self, settings, python: base, code: found.code, archive: metadata.sha256, token: token)
        try build.makeAgain(facts, lock, found.file)
    }

    private var token: JobID {
        state.withLock { JobID(at: Timestamp(microseconds: SystemClock.wall()), using: &$0.generator) }
    }

    // MARK: The project's files

    private func file(
        in place: @Sendable () throws(SystemError) -> VersionCode
    ) throws(EnvironmentFailure) -> PackageFile? {
        let result: Result<PackageFile?, EnvironmentFailure>
        do throws(SystemError) {
            let code = try place()
            do throws(EnvironmentFailure) {
                result = .success(try packages(in: code))
            } catch {
                result = .failure(error)
            }
        } catch {
            result = .failure(EnvironmentFailure(.packages, "The project cannot be read: \(error)"))
        }
        return try result.get()
    }

    private func packages(in code: borrowing VersionCode) throws(EnvironmentFailure) -> PackageFile? {
        try PackageFile.find { path throws(EnvironmentFailure) in
            try EnvironmentBuilder.content(of: path, in: code)
        }
    }

    /// The content of a regular file of the project, through links within it; nil if there is none.
    static func content(of path: String, in code: borrowing VersionCode) throws(EnvironmentFailure) -> [UInt8]? {
        do throws(SystemError) {
            let file = try code.open(RelativePath(path))
            guard try file.information().kind == .file else { return nil }
            return try file.readAll(limit: PackageFile.limit + 1)
        } catch {
            if error.isMissing || error.code == ENOTDIR || error.code == ELOOP { return nil }
            throw EnvironmentFailure(.packages, "\(path) cannot be read: \(error)")
        }
    }

    // MARK: Python

    private func python(for file: PackageFile) throws(EnvironmentFailure) -> PythonInterpreter {
        let known = try pythons()
        guard let wish = file.python else { return known[0] }
        if let found = known.first(where: { wish.specifier.accepts($0.version) }) { return found }
        let list = known.map { "\($0.version) (\($0.path))" }.joined(separator: ", ")
        throw EnvironmentFailure(
            .python,
            "\(wish.source) asks for Python \(wish.specifier), and this machine has \(list): install one that fits, and "
                + "name it in `pythons` unless it is in /usr/bin")
    }

    /// The Python for building an environment again: the same, or one with the same first two numbers.
    private func basePython(like facts: EnvironmentFacts) throws(EnvironmentFailure) -> PythonInterpreter {
        let minor = facts.python.split(separator: ".").prefix(2).joined(separator: ".")
        if let own = describe(facts.base), PythonVersion(minor).map({ own.version.begins(with: $0) }) == true {
            return own
        }
        let known = try pythons()
        guard let prefix = PythonVersion(minor), let found = known.first(where: { $0.version.begins(with: prefix) })
        else {
            throw EnvironmentFailure(
                .python,
                "there is no Python \(minor) any more, with which its environment was made: install it, or push the "
                    + "project again")
        }
        return found
    }

    /// The Pythons that projects may use, at least one.
    private func pythons() throws(EnvironmentFailure) -> [PythonInterpreter] {
        let paths = settings.pythons.isEmpty ? PythonInterpreter.ofSystem() : settings.pythons
        let known = paths.compactMap { describe($0) }
        guard !known.isEmpty else {
            throw EnvironmentFailure(
                .python,
                paths.isEmpty
                    ? "there is no Python in /usr/bin or /usr/local/bin: install one, or name it in `pythons`"
                    : "none of \(paths.joined(separator: ", ")) is a Python that works: check `pythons`")
        }
        return known
    }

    private func describe(_ path: String) -> PythonInterpreter? {
        // Without its times it is asked each time.
        let times = (try? Directory(path: "/").informationOfTarget(path)).map { "\($0.modified) \($0.inode)" } ?? ""
        let name = "\(path) \(times)"
        if let known = state.withLock({ $0.pythons[name] }) { return known }
        let command = Command(
            path: path, arguments: [path, "-I", "-S", "-c", PythonInterpreter.question],
            environment: ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"], files: [])
        // A Python that does not run is none.
        guard let outcome = try? command.run(input: "", within: 20), outcome.status == 0,
            let python = PythonInterpreter(path: path, answer: outcome.output)
        else { return nil }
        state.withLock { $0.pythons[name] = python }
        return python
    }
}
