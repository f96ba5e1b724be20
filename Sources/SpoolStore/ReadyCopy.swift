public import LinuxSystem
public import SpoolModel

/// A copy of a large project's code in `tmp/`, made before anybody asks for it: the next start of a job takes it by one
/// rename. It may be missing at any time, and is rubbish when no engine runs.
public struct ReadyCopy: Hashable, Sendable {
    private static let prefix = "ready."

    /// Its name in `tmp/`, which says all that it has to fit.
    public let name: String

    /// The copy of a version for a user.
    public init(of project: ProjectName, version: Int, for account: Account?) {
        let owner = account.map { "\($0.user).\($0.group)" } ?? "own"
        name = "\(ReadyCopy.prefix)\(version).\(owner).\(project)"
    }

    /// Whether a name in `tmp/` is that of a ready copy. Such a name is never removed as it stands, since a job may take
    /// the copy at that moment.
    static func isName(_ name: String) -> Bool { name.hasPrefix(prefix) }
}

extension Spool {
    /// How many times a ready copy has to fit into what is free.
    private static let readyReserve: Int64 = 16

    /// Makes a copy ready of a project's current version, if it is large and there is none.
    ///
    /// Throws nothing: it is of use, but never needed. What is made ready is handed out once, and by renaming only.
    ///
    /// - Parameters:
    ///   - token: an id that nobody else has.
    ///   - size: the size of the code if it is known.
    /// - Returns: the size of the code; nil where there is none.
    public func makeReady(
        _ project: ProjectMetadata, for account: Account?, token: JobID, size: CodeCopy.Size?
    ) -> CodeCopy.Size? {
        let copy = ReadyCopy(of: project.name, version: project.version, for: account)
        do throws(SystemError) {
            let known =
                if let size {
                    size
                } else {
                    try CodeCopy.size(of: try VersionCode(of: project.name, version: project.version, in: root))
                }
            guard !known.isSmall, !tmp.contains(copy.name), hasRoom(for: known) else { return known }
            let draft = "filling.\(token)"
            do throws(SystemError) {
                try tmp.makeDirectory(draft)
                let code = try VersionCode(of: project.name, version: project.version, in: root)
                try CodeCopy.fill(try tmp.directory(draft), with: code, for: account)
                try tmp.move(draft, to: tmp, as: copy.name)
            } catch {
                try? tmp.removeTree(draft)
            }
            return known
        } catch {
            return nil
        }
    }

    private func hasRoom(for size: CodeCopy.Size) -> Bool {
        guard let room = try? room(), room.state == .ok, let system = try? root.room() else { return false }
        let inodes = Int64(size.files).multipliedReportingOverflow(by: Spool.readyReserve).partialValue
        return room.freeBytes / Spool.readyReserve > size.bytes
            && (system.totalInodes == 0 || system.freeInodes > inodes)
    }

    /// Takes ready copies out of reach, at once: a job that takes one at this moment has it whole.
    ///
    /// - Parameters:
    ///   - project: whose copies these are; nil for all.
    ///   - kept: the copy that stays.
    ///   - token: gives an id that nobody else has.
    /// - Returns: names in `tmp/` that are to be removed.
    public func retireReady(
        of project: ProjectName? = nil, besides kept: ReadyCopy? = nil, token: () -> JobID
    ) -> [String] {
        // What cannot be had now goes when an engine opens the spool the next time.
        let names = ((try? tmp.names()) ?? []).filter { ReadyCopy.isName($0) && $0 != kept?.name }
        return names.compactMap { name in
            if let project, !name.hasSuffix(".\(project)") { return nil }
            let gone = "unready.\(token())"
            return (try? tmp.rename(name, to: gone)).map { gone }
        }
    }
}
