internal import LinuxSystem
internal import SpoolStore

/// How uv and Python are run in a build, and the meaning of their failures.
extension BuildPlace {
    func options(_ source: Requirements?) -> [String] {
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

    func run(
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
            // A state that is not known is looked at again a second later.
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

    func check(
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

    /// Deletes the remains in the cache of a source distribution that failed to build: the directories `src`, which
    /// have grown since this build began.
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
