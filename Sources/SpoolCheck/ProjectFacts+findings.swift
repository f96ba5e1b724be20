internal import LinuxSystem
internal import SpoolModel

extension ProjectFacts {
    private var path: String { "projects/\(name)" }

    /// The findings of the project.
    func findings(_ context: CheckContext) -> [Finding] {
        let access = entries.sorted { $0.key < $1.key }
            .flatMap { Access(information: $0.value, path: "\(path)/\($0.key)").findings(context) }
        let strangers = strangers.map { stranger -> Finding in
            guard let stranger = stranger.text else { return .undecoded(stranger, in: "\(path)/versions") }
            let isNumber = stranger.utf8.allSatisfy { (0x30...0x39).contains($0) }
            return Finding(
                "\(path)/versions/\(stranger)", .warning,
                isNumber ? "its number is out of range: it is no version" : "it is no version",
                .quarantine(as: "\(name).\(stranger)"))
        }
        // With unreadable paths, omit all findings and repairs that could depend on them.
        guard obstacles.isEmpty else { return access + kinds + obstacles.map { $0.finding(in: path) } }
        return access + kinds + strangers + leavings(context) + use(context)
    }

    /// Entries of another kind where `status` should be a file, or `versions` a directory.
    private var kinds: [Finding] {
        [("status", FileInformation.Kind.file), ("versions", .directory)].compactMap { file, kind in
            guard let information = entries[file], information.kind != kind else { return nil }
            return Finding(
                "\(path)/\(file)", .warning, "it is \(information.kind.name) and should be \(kind.name)",
                .quarantine(as: "\(name).\(file)"))
        }
    }

    private func leavings(_ context: CheckContext) -> [Finding] {
        guard !context.isServed else { return [] }
        return asides.map { Finding("\(path)/\($0)", .note, "a write was interrupted", .clear) }
    }

    /// The problems that keep the project from being used.
    private func use(_ context: CheckContext) -> [Finding] {
        switch metadata {
        case .value(let project): return findings(of: project)
        case .missing where metadataKind == nil || metadataKind == .file: return withoutMetadata(context)
        case .missing: return [restoration("its metadata.json is \(metadataKind?.name ?? "no file")")]
        case .damaged(let how): return [restoration("its metadata.json \(how)")]
        case .failed(let error):
            return [
                Finding(
                    path, .error, "its metadata.json cannot be read: \(error.reason)", .person("let it be read"))
            ]
        }
    }

    private func withoutMetadata(_ context: CheckContext) -> [Finding] {
        guard !context.isServed, !versions.isEmpty else { return [] }
        return [
            Finding(
                path, .note, "it has versions and no metadata.json: it was removed",
                .server("deletes the versions that no running job uses"))
        ]
    }

    private func findings(of project: ProjectMetadata) -> [Finding] {
        let version = "version \(project.version)"
        guard let current else { return [restoration("its current \(version) is missing")] }
        guard current.directory == project.directory else {
            return [
                restoration("the code of its current \(version) is missing or has no \(project.directory)/scrapy.cfg")
            ]
        }
        if case .value(let pushed) = current.metadata, Set(pushed.spiders) != Set(project.spiders) {
            return [restoration("it names other spiders than its current \(version)")]
        }
        return findings(of: current, of: project) + files(of: project)
    }

    private func findings(of version: VersionFacts, of project: ProjectMetadata) -> [Finding] {
        let place = "\(path)/versions/\(version.number)"
        var findings: [Finding] = []
        switch version.metadata {
        case .value: break
        case .missing: findings.append(describe(project, version, "is missing"))
        case .damaged(let how): findings.append(describe(project, version, how))
        case .failed(let error):
            findings.append(
                Finding(
                    "\(place)/metadata.json", .error, "it cannot be read: \(error.reason)", .person("let it be read")))
        }
        if version.lacksLock {
            findings.append(
                Finding(
                    place, .warning,
                    "its lock is missing, from which its Python environment is built when that is gone",
                    .person("restore the lock, or push the project again")))
        }
        if version.archiveSize == nil {
            findings.append(Finding(place, .note, "its archive is missing, which nothing needs", .nothing))
        }
        return findings
    }

    private func files(of project: ProjectMetadata) -> [Finding] {
        let file = "\(path)/metadata.json"
        guard let number = project.writtenFormat else {
            return [Finding(file, .warning, "it has no number `format`", .project(project, isDamaged: false))]
        }
        var findings: [Finding] = []
        if number > ProjectMetadata.format {
            findings.append(Finding(file, .note, "a newer scrapy-spool has written it (format \(number))", .nothing))
        }
        if line != project.statusLine {
            findings.append(
                Finding(
                    "\(path)/status", .warning,
                    line == nil ? "the status is missing" : "the status does not agree with metadata.json",
                    .project(project, isDamaged: false)))
        }
        return findings
    }

    private func describe(_ project: ProjectMetadata, _ version: VersionFacts, _ how: String) -> Finding {
        Finding(
            "\(path)/versions/\(version.number)", .warning, "its metadata.json \(how)",
            .version(
                VersionMetadata(
                    version: version.number, sha256: "", size: version.archiveSize ?? 0,
                    directory: version.directory, spiders: project.spiders, created: project.updated),
                of: name))
    }

    // MARK: Restoration

    /// The finding that the project is unusable, with its restoration: to its current version if that is whole,
    /// otherwise to the newest version that is.
    private func restoration(_ problem: String) -> Finding {
        let current = metadata.value?.version
        let ordered = versions.filter { $0.number == current } + versions.filter { $0.number != current }
        for version in ordered {
            guard let directory = version.directory, let pushed = version.metadata.value else { continue }
            var project =
                metadata.value
                ?? ProjectMetadata(
                    name: name, version: pushed.version, directory: directory, spiders: pushed.spiders,
                    created: pushed.created, updated: pushed.created)
            project.version = pushed.version
            project.directory = directory
            project.spiders = pushed.spiders
            project.updated = pushed.created
            return Finding(path, .error, problem, .project(project, isDamaged: metadata.value == nil))
        }
        return Finding(path, .error, problem, .quarantineProject(name))
    }
}
