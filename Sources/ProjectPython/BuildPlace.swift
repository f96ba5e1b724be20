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

    private static let setup = "setup.py"
    /// The subdirectory for what the user of `run-as` builds.
    static let foreign = "foreign"

    let build: EnvironmentBuild
    private let name: String
    private let excludedAfter: String?
    /// Where this process's user works.
    private let own: BuildSite

    private var settings: PythonSettings { build.settings }
    private var uv: String { settings.uv ?? "uv" }

    private init(of build: EnvironmentBuild, name: String, own: consuming BuildSite, excludedAfter: String?) {
        self.build = build
        self.name = name
        self.own = own
        self.excludedAfter = excludedAfter
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
        do throws(SystemError) {
            let own = try BuildSite.make(
                at: "\(build.spool.path)/tmp/\(name)", in: build.spool.tmp.directory(name), code: build.code(),
                cache: "\(build.spool.path)/\(Spool.environments)/\(Spool.environmentCache)", for: nil)
            return BuildPlace(of: build, name: name, own: own, excludedAfter: excludedAfter)
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
            try own.write(text, to: name)
        } catch {
            throw EnvironmentFailure(.install, error.isFull ? .full : .passing, "Cannot make \(name): \(error)")
        }
    }

    /// Gives a project that has a setup.cfg alone the setup.py without which uv takes it for none.
    func addSetup() throws(EnvironmentFailure) {
        guard !own.code.contains(BuildPlace.setup), !own.code.contains("pyproject.toml") else { return }
        try write("import setuptools\n\nsetuptools.setup()\n", to: BuildPlace.setup)
    }

    private func read(_ name: String, in site: borrowing BuildSite) throws(EnvironmentFailure) -> String {
        do throws(SystemError) {
            return try site.read(name)
        } catch {
            throw EnvironmentFailure(.lock, "The lock cannot be read: \(error)")
        }
    }

    /// Runs a program that writes a file, and reads that. With `run-as` it may use wheels alone; if it wants to run the
    /// code of a package, it runs again as that user, in a place of its own.
    ///
    /// - Parameter runsCode: whether it may run the project's code whatever its options: then it runs as that user at once.
    private func output(
        _ result: String, of words: [String], _ source: Requirements?, _ file: String, isOfflineFirst: Bool = false,
        runsCode: Bool = false
    ) throws(EnvironmentFailure) -> String {
        own.remove(result)
        if runsCode, let account = settings.account {
            return try withForeignSite(of: account) { (site: borrowing BuildSite) throws(EnvironmentFailure) in
                try check(run(words, source, in: site), .lock, file)
                return try read(result, in: site)
            }
        }
        let wheels = settings.account == nil ? [] : ["--no-build"]
        var end = ProgramRun(end: .exit(1), output: "")
        if isOfflineFirst { end = try run(words + wheels + ["--offline"], source, in: own) }
        if end.isFailure { end = try run(words + wheels, source, in: own) }
        guard let account = settings.account, end.wantsSource else {
            try check(end, .lock, file)
            return try read(result, in: own)
        }
        return try withForeignSite(of: account) { (site: borrowing BuildSite) throws(EnvironmentFailure) in
            try check(run(words, source, in: site), .lock, file)
            return try read(result, in: site)
        }
    }

    // MARK: Locks

    /// Resolves requirements for this Python, with hashes.
    func compile(
        _ inputs: [String], _ source: Requirements?, for file: String
    ) throws(EnvironmentFailure) -> String {
        let words =
            [
                uv, "pip", "compile", "--no-config", "--quiet", "--python", build.python.path, "--generate-hashes",
                "--no-annotate", "--no-header", "--output-file", BuildPlace.result,
            ] + options(source) + inputs
        return try output(BuildPlace.result, of: words, source, file)
    }

    /// Exports a uv.lock that fits its pyproject.toml.
    func exportUVLock(_ file: PackageFile) throws(EnvironmentFailure) -> String {
        let words =
            [
                uv, "export", "--quiet", "--locked", "--no-dev", "--no-emit-project", "--no-editable", "--no-annotate",
                "--no-header", "--format", "requirements.txt", "--python", build.python.path, "--output-file",
                BuildPlace.converted,
            ] + options(nil)
        // For the metadata of the project and of its workspace uv 0.13 builds them, whatever --no-build says.
        return try output(
            BuildPlace.converted, of: words, nil, file.path, isOfflineFirst: true, runsCode: true)
    }

    /// Checks that a lock of PEP 751 takes packages only from the project and from the network.
    func checkPaths(of file: PackageFile) throws(EnvironmentFailure) {
        let words = [build.python.path, "-I", "-S", "-c", PylockPaths.program, file.path]
        try check(run(words, nil, in: own), .lock, file.path)
    }

    /// Turns the lock of another tool into requirements.
    func convert(_ file: PackageFile) throws(EnvironmentFailure) -> String {
        own.remove(BuildPlace.converted)
        let words = [build.python.path, "-I", "-S", "-c", LockConversion.program, file.path, BuildPlace.converted]
        try check(run(words, nil, in: own), .lock, file.path)
        return try read(BuildPlace.converted, in: own)
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
        if try !fill(own, with: name, lock.source, for: file), let account = settings.account {
            // In a new place: what ran for the lock, perhaps of packages that are not in it, has left nothing here.
            try withForeignSite(of: account) { (site: borrowing BuildSite) throws(EnvironmentFailure) in
                _ = try fill(site, with: name, lock.source, for: file)
                do throws(SystemError) {
                    try own.takeEnvironment(from: site, python: build.python.path)
                } catch {
                    throw EnvironmentFailure(
                        .install, error.isFull ? .full : .refused, "The packages cannot be read: \(error)")
                }
            }
        }
        return try trial("\(own.path)/made/\(Spool.python)", file)
    }

    /// Makes the environment of a site.
    ///
    /// - Returns: false if that wants to run the code of a package, which this process's user does not with `run-as`.
    private func fill(
        _ site: borrowing BuildSite, with lock: String, _ source: Requirements?, for file: String
    ) throws(EnvironmentFailure) -> Bool {
        let place = "\(site.path)/made/\(Spool.python)"
        var words =
            [
                uv, "pip", "sync", "--no-config", "--quiet", "--link-mode", "copy", "--python", place,
            ] + options(source)
        if settings.account != nil, site.account == nil { words.append("--no-build") }
        words.append(lock)
        // From the cache alone it takes a third of the time, and needs no index.
        for isOffline in site.account == nil ? [true, false] : [false] {
            site.remove("../made/\(Spool.python)")
            try check(
                run(
                    [
                        uv, "venv", "--no-config", "--no-project", "--quiet", "--relocatable", "--python",
                        build.python.path,
                        place,
                    ], nil, in: site), .python, file)
            // One call for an empty environment, without compiling: so nothing of the packages runs in uv's name.
            let end = try run(words + (isOffline ? ["--offline"] : []), source, in: site)
            if isOffline, end.isFailure { continue }
            if settings.account != nil, site.account == nil, end.wantsSource { return false }
            try check(end, .install, file)
            break
        }
        // Modules for other Pythons fail to compile, which is harmless; tests are not imported.
        let compiled = try run(
            [
                build.python.path, "-I", "-S", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode",
                "unchecked-hash",
                "-x", "/tests?/", "\(place)/lib",
            ], nil, in: site)
        if case .stopped = compiled.end { try check(compiled, .install, file) }
        if compiled.isFull { try check(compiled, .install, file) }
        return true
    }

    private func trial(_ place: String, _ file: String) throws(EnvironmentFailure) -> (packages: Int, scrapy: String) {
        let names: [String]
        do throws(SystemError) {
            let made = try own.code.directory("../made")
            guard made.contains("\(Spool.python)/bin/scrapy") else {
                throw SystemError(code: ENOENT, operation: "find scrapy among the packages")
            }
            names = try Spool.distributions(in: made.directory(Spool.python))
            if let account = settings.account {
                try made.share()
                try letThrough(account)
                try own.code.letThrough(account.group)
            }
        } catch {
            throw EnvironmentFailure(
                .install, error.isFull ? .full : .refused,
                error.isMissing
                    ? "The packages of \(file) have no program scrapy: is Scrapy among them?"
                    : "The packages cannot be read: \(error)")
        }
        let end = try run(
            ["\(place)/bin/python", "-I", "-B", "-c", "import scrapy"], nil, in: own, as: settings.account)
        try check(end, .import, file)
        let version = names.compactMap { name -> String? in
            let parts = name.split(separator: "-")
            return parts.count == 2 && parts[0].lowercased() == "scrapy" ? String(parts[1]) : nil
        }
        return (names.count, version.first ?? "")
    }

    /// Lets a user through to the directory of the build.
    private func letThrough(_ account: Account) throws(SystemError) {
        try build.spool.root.letThrough(account.group)
        try build.spool.tmp.letThrough(account.group)
        try own.place.letThrough(account.group)
    }

    /// Gives a closure a place in which a user builds, and deletes it afterwards. It has a cache of its own, so that
    /// nothing in it reaches another build.
    private func withForeignSite<Result>(
        of account: Account, _ body: (borrowing BuildSite) throws(EnvironmentFailure) -> Result
    ) throws(EnvironmentFailure) -> Result {
        defer { own.remove("../\(BuildPlace.foreign)") }
        if let obstacle = account.obstacle(to: uv) {
            throw EnvironmentFailure(
                .install,
                "A package has to be built, which the user of `run-as` does, who cannot run uv: \(obstacle). Install uv where "
                    + "that user gets to it: /usr/local/bin, for one")
        }
        return try body(foreignSite(of: account))
    }

    private func foreignSite(of account: Account) throws(EnvironmentFailure) -> BuildSite {
        do throws(SystemError) {
            try letThrough(account)
            own.remove("../\(BuildPlace.foreign)")
            try own.place.makeDirectory(BuildPlace.foreign)
            let place = try own.place.directory(BuildPlace.foreign)
            try place.letThrough(account.group)
            let path = "\(own.path)/\(BuildPlace.foreign)"
            let site = try BuildSite.make(at: path, in: place, code: build.code(), cache: "\(path)/cache", for: account)
            for name in [
                BuildPlace.converted, BuildPlace.addition, BuildPlace.result, BuildPlace.pylock, BuildPlace.setup,
            ]
            where own.code.contains(name) {
                try site.write(own.read(name), to: name)
            }
            return site
        } catch {
            throw EnvironmentFailure(
                .install, error.isFull ? .full : .passing, "Cannot make room for a build: \(error)")
        }
    }

    /// Publishes what ``install(_:for:)`` made.
    func publish(_ facts: EnvironmentFacts, _ lock: EnvironmentBuild.Lock) throws(EnvironmentFailure) {
        do throws(SpoolError) {
            try build.spool.publishEnvironment(
                facts.key, from: name, since: own.code, facts: facts, lock: Array(lock.text.utf8), for: settings.account
            )
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
        return words
    }

    private func environment(_ source: Requirements?, in site: borrowing BuildSite) -> [String] {
        let set = ["HOME", "TMPDIR", "LANG", "PYTHONPATH", "PYTHONHOME"]
        var variables = settings.environment.filter { variable in
            !set.contains(String(variable.prefix { $0 != "=" }))
        }
        variables += [
            "HOME=\(site.path)/home", "TMPDIR=\(site.path)/tmp", "LANG=C.UTF-8", "NO_COLOR=1",
            "UV_CACHE_DIR=\(site.cache)",
            "UV_PYTHON_DOWNLOADS=never", "UV_NO_PROGRESS=1", "UV_HTTP_TIMEOUT=10", "UV_HTTP_RETRIES=1",
        ]
        // In the environment, which other users cannot read, since an address may have a password in it.
        let index = source?.index ?? settings.index
        if source?.isLock == true, source?.extraIndexes.isEmpty == false {
            // Which index has the version of a lock is no question of trust, since it has hashes.
            variables.append("UV_INDEX_STRATEGY=unsafe-best-match")
        }
        if !index.isEmpty {
            variables.removeAll { $0.hasPrefix("UV_DEFAULT_INDEX=") || $0.hasPrefix("UV_INDEX_URL=") }
            variables.append("UV_DEFAULT_INDEX=\(index)")
        }
        // Packages that are built can read it, and all that runs as the same user.
        if site.account != nil { variables = BuildSite.withoutPasswords(variables) }
        if let extra = source?.extraIndexes, !extra.isEmpty {
            variables.append("UV_INDEX=\(extra.joined(separator: " "))")
        }
        return variables
    }

    private func run(
        _ words: [String], _ source: Requirements?, in site: borrowing BuildSite, as account: Account? = nil
    ) throws(EnvironmentFailure) -> ProgramRun {
        let spool = build.spool
        let guarded = GuardedRun(
            shim: settings.shim, deadline: build.deadline, seconds: settings.buildTimeout, size: settings.buildSize,
            others: {
                // The cache of another user's site is in the build's directory.
                guard let cache = spool.root.directoryIfAny("\(Spool.environments)/\(Spool.environmentCache)") else {
                    return 0
                }
                return GuardedRun.bytes(ofBuildsIn: cache)
            },
            environment: environment(source, in: site)
        ) {
            // What is not known is looked at again a second later.
            (try? spool.room().state) == .full
        }
        do throws(SystemError) {
            let (end, output) = try guarded.run(words, in: site.code, of: own.place, as: account ?? site.account) {
                build.builder.note($0)
            }
            return ProgramRun(end: end, output: output)
        } catch {
            throw EnvironmentFailure(.install, .passing, "Cannot run \(words[0]): \(error)")
        }
    }

    private func check(
        _ run: ProgramRun, _ stage: EnvironmentFailure.Stage, _ file: String
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
            let said = lines.isEmpty ? " it ended with exit status \(status) and said nothing" : "\n\(lines)"
            throw EnvironmentFailure(stage, kind, "\(start):\(said)", output: run.output)
        }
    }

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
