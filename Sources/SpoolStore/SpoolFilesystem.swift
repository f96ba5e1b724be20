internal import Glibc
public import LinuxSystem

/// The consequences of a filesystem's abilities for a spool.
public struct SpoolFilesystem: Hashable, Sendable {
    /// The result of the probe.
    public let probe: FilesystemProbe
    /// Seconds between two checks for changes without events.
    public let lookInterval: Int

    /// Combines a probe with the interval of the checks.
    public init(_ probe: FilesystemProbe, lookInterval: Int) {
        self.probe = probe
        self.lookInterval = lookInterval
    }

    /// The reason why no spool can be kept on it; nil if one can.
    public var obstacle: String? {
        for ability in FilesystemProbe.Ability.allCases {
            guard let code = probe.lacks[ability], let lack = SpoolFilesystem.essential(ability) else { continue }
            let remedy =
                ability == .symbolicLink && probe.name == "fuse.sshfs"
                ? "mount it with -o no_contain_symlinks" : "name a directory on another filesystem"
            return "The spool cannot be kept on its filesystem\(name), which \(lack)\(reason(code)): \(remedy)"
        }
        return nil
    }

    /// A property of the filesystem that affects the spool.
    public struct Remark: Hashable, Sendable {
        /// A sentence with the property and its consequence.
        public let text: String
        /// Whether it breaks a guarantee of the spool.
        public let isWarning: Bool
    }

    /// All properties that affect the spool.
    public var remarks: [Remark] {
        var remarks: [Remark] = []
        for ability in FilesystemProbe.Ability.allCases {
            guard let code = probe.lacks[ability], let consequence = consequence(ability) else { continue }
            remarks.append(
                Remark(
                    text: "The spool's filesystem\(name) \(consequence.lack)\(reason(code)): \(consequence.effect)",
                    isWarning: ability != .exclusiveRename))
        }
        if probe.mayBeShared {
            let text =
                "The spool's filesystem\(name) may be another machine's as well: changes made there are noticed within "
                + "\(lookInterval) s, and a server there may not see this one's lock, so let only one serve the spool"
            remarks.append(Remark(text: text, isWarning: false))
        }
        return remarks
    }

    private var name: String { probe.name.isEmpty ? "" : " (\(probe.name))" }

    private func reason(_ code: Int32) -> String {
        code == 0 ? "" : " (\(SystemError(code: code, operation: "").reason))"
    }

    /// The abilities without which a spool cannot be kept.
    private static func essential(_ ability: FilesystemProbe.Ability) -> String? {
        switch ability {
        case .replacingRename: "cannot replace a file by renaming another one, as each step of a job is published"
        case .symbolicLink: "has no symbolic links that lead out of their directory, as those of jobs do"
        case .lock: "has no locks (flock), which keep two servers from running one job"
        case .flush: "cannot flush a file, so that nothing that is answered would be safe"
        case .exclusiveRename, .directoryFlush, .permissions, .events: nil
        }
    }

    /// The abilities that a spool can do without, and the consequences.
    private func consequence(_ ability: FilesystemProbe.Ability) -> (lack: String, effect: String)? {
        switch ability {
        case .exclusiveRename:
            (
                "has no exclusive rename",
                "jobs and versions are published by plain renames, which refuse a name that has something in it"
            )
        case .directoryFlush:
            (
                "cannot flush a directory",
                "after a loss of power, jobs that were made shortly before may be missing"
            )
        case .permissions:
            (
                "keeps no permissions",
                "nothing but the directory above it keeps others from the spool, and jobs from the code of projects"
            )
        case .events: ("reports no changes", "they are noticed within \(lookInterval) s")
        case .replacingRename, .symbolicLink, .lock, .flush: nil
        }
    }
}

extension Spool {
    /// Probes the spool's filesystem in `tmp/`.
    ///
    /// Throws `.notSpool` if it lacks an ability that a spool needs.
    ///
    /// - Parameter lookInterval: seconds between two checks for changes without events.
    public func inspectFilesystem(lookInterval: Int) throws(SpoolError) -> SpoolFilesystem {
        let filesystem = SpoolFilesystem(tmp.probeFilesystem(), lookInterval: lookInterval)
        if let obstacle = filesystem.obstacle { throw SpoolError(.notSpool, obstacle) }
        return filesystem
    }

    /// Throws `.notSpool` if a part of the spool is on another mount, or on another branch of a union filesystem, so
    /// that nothing can be published in it. The caller holds the engine's lock.
    public func checkIsWhole() throws(SpoolError) {
        for part in ["jobs", "projects", "incoming", "quarantine"] where isCutOff(part) {
            throw SpoolError(
                .notSpool,
                "The spool cannot be kept with its \(part)/ apart from its tmp/ (Invalid cross-device link): have all of it "
                    + "on one filesystem, under one mount point; mergerfs needs category.create=mfs or another policy that "
                    + "does not preserve paths")
        }
    }

    /// Whether a directory cannot be moved from `tmp/` to another directory of the spool (EXDEV).
    private func isCutOff(_ part: String) -> Bool {
        // A fixed name, so that the leftover of a killed attempt is removed by the next one.
        let name = ".probe"
        guard let directory = root.directoryIfAny(part) else { return false }
        func clear() {
            tmp.removeLeftoverTree(name)
            directory.removeLeftoverTree(name)
        }
        clear()
        defer { clear() }
        do throws(SystemError) {
            try tmp.makeDirectory(name)
            try tmp.directory(name).file("file", Spool.creating).close()
            try tmp.replace(name, in: directory, by: name)
            return false
        } catch {
            return error.code == EXDEV
        }
    }
}
