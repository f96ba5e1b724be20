internal import LinuxSystem
internal import SpoolStore

extension TreeCheck {
    /// The names that the spool's root may have besides the directories.
    private static let files: Set<String> = ["format", "lock", "imported", "ballast"]
    private static let directories: Set<String> = [
        "data", Spool.environments, ReadyCopy.directory, ReportHook.directory, Spool.history, Spool.hooks, Spool.logs,
        Spool.items, Spool.summaries,
    ]
    private static let strangers: Set<String> = ["README.md", ".gitignore", ".gitkeep", "lost+found"]

    /// Checks the names at the spool's root.
    func checkTop() {
        confirm { rootFindings() }
        // The other checks do not need this listing.
        for (name, _) in spool.root.entriesIfAny() { confirm { findings(atTop: "\(name)") } }
    }

    private func rootFindings() -> [Finding] {
        var findings: [Finding] = []
        switch context.identity {
        case .original: break
        case .copy(let reason):
            findings.append(
                Finding(
                    "format", .note, "the spool is a copy, or was restored: \(reason.rawValue)",
                    .server("starts nothing until `scrapy-spool resume`")))
        case .unknown(let reason):
            findings.append(
                Finding(
                    "format", .note, "whether the spool is a copy cannot be known here: \(reason.rawValue)",
                    .server("starts its jobs, unless `hold-copies = doubtful`")))
        }
        // The ballast is optional.
        if let ballast = spool.root.informationIfAny("ballast"), ballast.kind == .file, ballast.links > 1 {
            findings.append(
                Finding(
                    "ballast", .note, "it has \(ballast.links) names, so that spending it frees nothing",
                    .server("lays one of its own, once resumed")))
        }
        // fstat(2) of the open root is not expected to fail.
        guard let information = spool.root.descriptor.informationIfAny else { return findings }
        let access = Access(information: information, path: ".").findings(context)
        // The directories below admit no others, so the owner may let others list the root, but not write to it.
        findings += access.filter { finding in
            guard case .mode = finding.remedy else { return true }
            return information.permissions & 0o022 != 0 || information.permissions & 0o700 != 0o700
        }
        return findings
    }

    private func findings(atTop name: String) -> [Finding] {
        guard !TreeCheck.strangers.contains(name) else { return [] }
        if name == ".format.tmp" {
            return context.isServed ? [] : [Finding(name, .note, "a write was interrupted", .clear)]
        }
        let isDirectory = TreeCheck.directories.contains(name) || Spool.directories.contains(name)
        guard isDirectory || TreeCheck.files.contains(name) else {
            return [Finding(name, .note, "it is no part of a spool", .nothing)]
        }
        // Removed since the listing.
        guard let information = spool.root.informationIfAny(name) else { return [] }
        guard information.kind == (isDirectory ? .directory : .file) else {
            return [
                Finding(
                    name, .warning,
                    "it is \(information.kind.name) and should be \(isDirectory ? "a directory" : "a file")",
                    .quarantine(as: name))
            ]
        }
        return Access(information: information, path: name).findings(context)
    }
}
