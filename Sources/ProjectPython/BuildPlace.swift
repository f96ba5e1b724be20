internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// The directory in `tmp/` in which an environment is built: a copy of the code to work in, the environment, and
/// places for the files of the programs.
struct BuildPlace: ~Copyable {
    /// Files in the copy of the code: the lock of another tool as requirements, Scrapy where it is missing, the lock.
    static let converted = "requirements.scrapy-spool.txt", addition = "scrapy.scrapy-spool.txt"
    static let result = "requirements.scrapy-spool.lock", pylock = "pylock.scrapy-spool.toml"

    private static let setup = "setup.py"
    /// The subdirectory for what the user of `run-as` builds.
    static let foreign = "foreign"

    let build: EnvironmentBuild
    private let name: String
    let excludedAfter: String?
    /// Where this process's user works.
    let own: BuildSite

    var settings: PythonSettings { build.settings }
    var uv: String { settings.uv ?? "uv" }

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

    func read(_ name: String, in site: borrowing BuildSite) throws(EnvironmentFailure) -> String {
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
    func output(
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

    /// Publishes the environment that ``install(_:for:)`` made.
    func publish(_ facts: EnvironmentFacts, _ lock: EnvironmentBuild.Lock) throws(EnvironmentFailure) {
        do throws(SpoolError) {
            try build.spool.publishEnvironment(
                facts.key, from: name, since: own.code, facts: facts, lock: Array(lock.text.utf8), for: settings.account
            )
        } catch {
            throw EnvironmentFailure(.install, error.code == .full ? .full : .passing, error.description)
        }
    }
}
