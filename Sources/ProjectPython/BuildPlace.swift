internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// The directory in `tmp/` in which an environment is built: a copy of the code to work in, the environment, and
/// places for the files of the programs.
struct BuildPlace: ~Copyable {
    /// Files in the copy of the code: the lock of another tool as requirements, Scrapy where it is missing, the lock.
    static let converted = "requirements.scrapy-spool.txt", addition = "scrapy.scrapy-spool.txt"
    private static let result = "requirements.scrapy-spool.lock", pylock = "pylock.scrapy-spool.toml"

    private let build: EnvironmentBuild
    private let name: String
    private let code: Directory
    private let path: String
    private let excludedAfter: String?

    private var settings: PythonSettings { build.settings }
    private var uv: String { settings.uv ?? "uv" }

    private init(of build: EnvironmentBuild, name: String, code: consuming Directory, excludedAfter: String?) {
        self.build = build
        self.name = name
        self.code = code
        self.excludedAfter = excludedAfter
        path = "\(build.spool.path)/tmp/\(name)"
    }

    /// Makes the directory.
    ///
    /// - Parameter excludedAfter: the project's `exclude-newer`.
    static func make(for build: EnvironmentBuild, excludedAfter: String?) throws(EnvironmentFailure) -> BuildPlace {
        let name: String
        do throws(SpoolError) {
            _ = try build.spool.environmentStock()
            name = try build.spool.makeBuild(build.token)
        } catch {
            throw EnvironmentFailure(.install, error.code == .full ? .full : .passing, error.description)
        }
        let code = try made(name, of: build)
        return BuildPlace(of: build, name: name, code: code, excludedAfter: excludedAfter)
    }

    /// Makes the subdirectories, and copies the code into one.
    ///
    /// - Returns: the copy.
    private static func made(_ name: String, of build: EnvironmentBuild) throws(EnvironmentFailure) -> Directory {
        do throws(SystemError) {
            let place = try build.spool.tmp.directory(name)
            for part in ["code", "made", "home", "tmp"] { try place.makeDirectory(part) }
            let code = try place.directory("code")
            try CodeCopy.fill(code, with: build.code(), for: nil)
            return code
        } catch {
            build.spool.removeBuild(name)
            throw EnvironmentFailure(
                .install, error.isFull ? .full : .passing, "Cannot make room for a build: \(error)")
        }
    }

    /// Deletes the directory.
    func remove() { build.spool.removeBuild(name) }

    /// Writes a file into the copy of the code.
    func write(_ text: String, to name: String) throws(EnvironmentFailure) {
        do throws(SystemError) {
            code.removeLeftover(name)
            try code.file(name, O_WRONLY | O_CREAT | O_EXCL).write(Array(text.utf8))
        } catch {
            throw EnvironmentFailure(.install, error.isFull ? .full : .passing, "Cannot make \(name): \(error)")
        }
    }

    private func read(_ name: String) throws(EnvironmentFailure) -> String {
        do throws(SystemError) {
            let bytes = try code.foreignFile(name).readAll(limit: PackageFile.limit + 1)
            guard bytes.count <= PackageFile.limit else { throw SystemError(code: EFBIG, operation: "read \(name)") }
            return String(decoding: bytes, as: UTF8.self)
        } catch {
            throw EnvironmentFailure(.lock, "The lock cannot be read: \(error)")
        }
    }

    // MARK: Locks

    /// Resolves requirements for this Python, with hashes.
    func compile(
        _ inputs: [String], _ source: Requirements?, for file: String
    ) throws(EnvironmentFailure) -> String {
        code.removeLeftover(BuildPlace.result)
        let words =
            [
                uv, "pip", "compile", "--no-config", "--quiet", "--python", build.python.path, "--generate-hashes",
                "--no-annotate", "--no-header", "--output-file", BuildPlace.result,
            ] + options(source) + inputs
        try check(run(words, source), .lock, file)
        return try read(BuildPlace.result)
    }

    /// Exports a uv.lock that fits its pyproject.toml.
    func exportUVLock(_ file: PackageFile) throws(EnvironmentFailure) -> String {
        let words =
            [
                uv, "export", "--quiet", "--locked", "--no-dev", "--no-emit-project", "--no-editable", "--no-annotate",
                "--no-header", "--format", "requirements.txt", "--python", build.python.path, "--output-file",
                BuildPlace.converted,
            ] + options(nil)
        var end = try run(words + ["--offline"], nil)
        if case .exit(let status) = end.end, status != 0 { end = try run(words, nil) }
        try check(end, .lock, file.path)
        return try read(BuildPlace.converted)
    }

    /// Turns the lock of another tool into requirements.
    func convert(_ file: PackageFile) throws(EnvironmentFailure) -> String {
        let words = [build.python.path, "-I", "-S", "-c", LockConversion.program, file.path, BuildPlace.converted]
        try check(run(words, nil), .lock, file.path)
        return try read(BuildPlace.converted)
    }

    // MARK: The environment

    /// Installs a lock into a new environment, compiles it, and tries Scrapy.
    ///
    /// - Returns: the number of packages, and the version of Scrapy.
    func install(
        _ lock: EnvironmentBuild.Lock, for file: String
    ) throws(EnvironmentFailure) -> (packages: Int, scrapy: String) {
        let name = lock.name == "pylock.toml" ? BuildPlace.pylock : BuildPlace.result
        try write(lock.text, to: name)
        let place = "\(path)/made/\(Spool.python)"
        var words =
            [
                uv, "pip", "sync", "--no-config", "--quiet", "--link-mode", "copy", "--python", place,
            ] + options(lock.source)
        words.append(name)
        // From the cache alone it takes a third of the time, and needs no index.
        for isOffline in [true, false] {
            code.removeLeftoverTree("../made/\(Spool.python)")
            try check(
                run(
                    [
                        uv, "venv", "--no-config", "--no-project", "--quiet", "--relocatable", "--python",
                        build.python.path,
                        place,
                    ], nil), .python, file)
            // One call for an empty environment, without compiling: so nothing of the packages runs in uv's name.
            let end = try run(words + (isOffline ? ["--offline"] : []), lock.source)
            if isOffline, case .exit(let status) = end.end, status != 0 { continue }
            try check(end, .install, file)
            break
        }
        // Modules for other Pythons fail to compile, which is harmless; tests are not imported.
        let compiled = try run(
            [
                build.python.path, "-I", "-S", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode",
                "unchecked-hash",
                "-x", "/tests?/", "\(place)/lib",
            ], nil)
        if case .stopped = compiled.end { try check(compiled, .install, file) }
        return try trial(place, file)
    }

    private func trial(_ place: String, _ file: String) throws(EnvironmentFailure) -> (packages: Int, scrapy: String) {
        let names: [String]
        do throws(SystemError) {
            let made = try code.directory("../made")
            guard made.contains("\(Spool.python)/bin/scrapy") else {
                throw SystemError(code: ENOENT, operation: "find scrapy among the packages")
            }
            let libraries = try made.directory("\(Spool.python)/lib")
            let version = try libraries.names().first { $0.hasPrefix("python") } ?? "python3"
            names = try libraries.directory("\(version)/site-packages").names().filter { $0.hasSuffix(".dist-info") }
            if let account = settings.account {
                try made.share()
                try build.spool.root.letThrough(account.group)
                try build.spool.tmp.letThrough(account.group)
                try code.directory("..").letThrough(account.group)
                try code.letThrough(account.group)
            }
        } catch {
            throw EnvironmentFailure(
                .install, error.isFull ? .full : .refused,
                error.isMissing
                    ? "The packages of \(file) have no program scrapy: is Scrapy among them?"
                    : "The packages cannot be read: \(error)")
        }
        let end = try run(
            ["\(place)/bin/python", "-I", "-B", "-c", "import scrapy"], nil, as: settings.account)
        try check(end, .import, file)
        let version = names.compactMap { name -> String? in
            let parts = name.dropLast(".dist-info".count).split(separator: "-")
            return parts.count == 2 && parts[0].lowercased() == "scrapy" ? String(parts[1]) : nil
        }
        return (names.count, version.first ?? "")
    }

    /// Publishes what ``install(_:for:)`` made.
    func publish(_ facts: EnvironmentFacts, _ lock: EnvironmentBuild.Lock) throws(EnvironmentFailure) {
        do throws(SpoolError) {
            try build.spool.publishEnvironment(
                facts.key, from: name, since: code, facts: facts, lock: Array(lock.text.utf8), for: settings.account)
        } catch {
            throw EnvironmentFailure(.install, error.code == .full ? .full : .passing, error.description)
        }
    }

    // MARK: Programs

    private func options(_ source: Requirements?) -> [String] {
        var words = settings.links.flatMap { ["--find-links", $0] }
        for link in source?.links ?? [] { words += ["--find-links", link] }
        if source?.hasNoIndex == true { words.append("--no-index") }
        if let excludedAfter { words += ["--exclude-newer", excludedAfter] }
        // A source distribution is built by running it, in the name of this process's user, who owns the spool.
        if settings.account != nil { words.append("--no-build") }
        return words
    }

    private func environment(_ source: Requirements?) -> [String] {
        let own = ["HOME", "TMPDIR", "LANG", "PYTHONPATH", "PYTHONHOME"]
        var variables = settings.environment.filter { variable in
            !own.contains(String(variable.prefix { $0 != "=" }))
        }
        variables += [
            "HOME=\(path)/home", "TMPDIR=\(path)/tmp", "LANG=C.UTF-8", "NO_COLOR=1",
            "UV_CACHE_DIR=\(build.spool.path)/\(Spool.environments)/\(Spool.environmentCache)",
            "UV_PYTHON_DOWNLOADS=never", "UV_NO_PROGRESS=1", "UV_HTTP_TIMEOUT=10", "UV_HTTP_RETRIES=1",
        ]
        // In the environment, which other users cannot read, since an address may have a password in it.
        let index = source?.index ?? settings.index
        if !index.isEmpty {
            variables.removeAll { $0.hasPrefix("UV_DEFAULT_INDEX=") || $0.hasPrefix("UV_INDEX_URL=") }
            variables.append("UV_DEFAULT_INDEX=\(index)")
        }
        if let extra = source?.extraIndexes, !extra.isEmpty {
            variables.append("UV_INDEX=\(extra.joined(separator: " "))")
        }
        return variables
    }

    private func run(
        _ words: [String], _ source: Requirements?, as account: Account? = nil
    ) throws(EnvironmentFailure) -> (end: GuardedRun.End, output: String) {
        let spool = build.spool
        let guarded = GuardedRun(
            shim: settings.shim, deadline: build.deadline, seconds: settings.buildTimeout, size: settings.buildSize,
            environment: environment(source)
        ) {
            // What is not known is looked at again a second later.
            (try? spool.room().state) == .full
        }
        do throws(SystemError) {
            return try guarded.run(words, in: code, of: code.directory(".."), as: account) { build.builder.note($0) }
        } catch {
            throw EnvironmentFailure(.install, .passing, "Cannot run \(words[0]): \(error)")
        }
    }

    private func check(
        _ run: (end: GuardedRun.End, output: String), _ stage: EnvironmentFailure.Stage, _ file: String
    ) throws(EnvironmentFailure) {
        if case .exit(0) = run.end { return }
        removeRemains()
        let lines = BuildPlace.lastLines(of: run.output.replacing("\(build.spool.path)/", with: ""))
        let start = "Unable to build the Python environment from \(file)"
        switch run.end {
        case .stopped(let reason, let kind):
            throw EnvironmentFailure(
                stage, kind, "\(start): \(reason)" + (lines.isEmpty ? "" : ":\n\(lines)"), output: run.output)
        case .exit(let status):
            let kind: EnvironmentFailure.Kind =
                NetworkTrouble.isIn(run.output)
                ? .passing : lines.contains("No space left on device") ? .full : .refused
            let hint =
                settings.account != nil && BuildPlace.wantsSource.contains { run.output.contains($0) }
                ? "\nWith `run-as`, only wheels are installed: building a source distribution would run it as the server's "
                    + "own user. Build a wheel of it, and name its directory in `find-links`"
                : ""
            let said = lines.isEmpty ? " it ended with exit status \(status) and said nothing" : "\n\(lines)"
            throw EnvironmentFailure(stage, kind, "\(start):\(said)\(hint)", output: run.output)
        }
    }

    /// What uv says where it would have to run the code of a package.
    private static let wantsSource = [
        "uilding source distributions is disabled", "building from source is disabled", "--no-build",
    ]

    /// Deletes what a source distribution left in the cache that failed to build: the directories `src`, which have
    /// grown since this build began.
    private func removeRemains() {
        guard let stock = build.spool.root.directoryIfAny("\(Spool.environments)/\(Spool.environmentCache)") else {
            return
        }
        for name in stock.namesIfAny() where name.hasPrefix("sdists-") {
            if let directory = stock.directoryIfAny(name) { removeSources(in: directory, depth: 7) }
        }
    }

    private func removeSources(in directory: borrowing Directory, depth: Int) {
        if let source = directory.informationIfAny("src"), source.kind == .directory,
            source.changed / 1000 >= build.began
        {
            return directory.removeLeftoverTree("src")
        }
        guard depth > 0 else { return }
        for (name, kind) in directory.entriesIfAny() where kind == .directory {
            if let child = directory.foreignDirectoryIfAny(RelativePath([name])) {
                removeSources(in: child, depth: depth - 1)
            }
        }
    }

    private static func lastLines(of text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).suffix(20).joined(separator: "\n")
        return String(decoding: Array(lines.utf8).suffix(4096), as: UTF8.self)
    }
}

/// Whether uv failed because an index could not be reached, by what uv says of it.
enum NetworkTrouble {
    private static let words = [
        "error sending request", "operation timed out", "tcp connect error", "dns error", "Connection refused",
        "HTTP status server error", "error decoding response body", "connection closed before message completed",
        "Request failed after",
    ]

    /// Looks at uv's own lines, not at those of a program that it ran.
    static func isIn(_ output: String) -> Bool {
        output.split(whereSeparator: \.isNewline).contains { line in
            let text = line.drop(while: \.isWhitespace)
            guard text.hasPrefix("error:") || text.hasPrefix("cause:") || text.hasPrefix("Caused by:") else {
                return false
            }
            return words.contains { text.contains($0) }
        }
    }
}
