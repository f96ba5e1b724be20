internal import Glibc
internal import LinuxSystem

/// The files of a directory by git-ls-files(1).
enum GitListing {
    /// How many levels of nested repositories are listed.
    private static let deepest = 16

    /// The files that git tracks or would add, without ignored ones. Nil outside a repository, and on a machine without
    /// git.
    ///
    /// - Throws: when git fails to list the repository; its message is on standard error.
    static func paths(below root: String, environment: [String]) throws(PackingError) -> [String]? {
        guard isInRepository(root), let git = program(environment) else { return nil }
        var paths: [String] = []
        var pending = [(folder: "", depth: 0)]
        while let (folder, depth) = pending.popLast() {
            let directory = folder.isEmpty ? root : "\(root)/\(folder)"
            for name in try list(directory, git, environment) {
                let path = (folder.isEmpty ? "" : "\(folder)/") + (name.hasSuffix("/") ? String(name.dropLast()) : name)
                switch try kind(of: "\(root)/\(path)") {
                // Deleted, but still in git's index.
                case nil: break
                // A submodule, or a repository that git does not track: it lists its own files.
                case .directory where depth < deepest: pending.append((path, depth + 1))
                case .directory, .other: break
                case .file, .symbolicLink: paths.append(path)
                }
            }
        }
        return paths
    }

    private static func isInRepository(_ path: String) -> Bool {
        var folder = path[...]
        while true {
            if isThere("\(folder)/.git") { return true }
            guard let slash = folder.lastIndex(of: "/") else { return false }
            folder = folder[..<slash]
        }
    }

    private static func isThere(_ path: String) -> Bool { faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 }

    /// The type of a file that git lists; nil if it is deleted. Throws if that cannot be determined: the push would lack
    /// the file.
    private static func kind(of path: String) throws(PackingError) -> FileInformation.Kind? {
        do throws(SystemError) {
            return try Directory(path: "/").information(path).kind
        } catch {
            // A file or a link in a circle may have taken the place of a directory above it.
            guard error.isMissing || error.code == ENOTDIR || error.code == ELOOP else {
                throw PackingError(
                    "\(path) belongs to the project by git and cannot be looked at (\(error.reason)): make the directories "
                        + "above it accessible, or remove it from git")
            }
            return nil
        }
    }

    private static func program(_ environment: [String]) -> String? {
        let path = environment.first { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? "/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/git" }.first { access($0, X_OK) == 0 }
    }

    private static func list(
        _ directory: String, _ git: String, _ environment: [String]
    ) throws(PackingError) -> [String] {
        let bytes: [UInt8]
        let hasSucceeded: Bool
        do throws(SystemError) {
            let output = try AnonymousFile.make()
            let command = Command(
                path: git, arguments: ["git", "ls-files", "-co", "--exclude-standard", "-z"], environment: environment,
                files: [nil, output.number, STDERR_FILENO])
            hasSucceeded = try Command.awaitEnd(of: try command.spawn(in: try Directory(path: directory))) == 0
            bytes = try output.readAll(limit: 64 << 20)
        } catch {
            throw PackingError("git cannot list the files of \(directory): \(error)")
        }
        guard hasSucceeded else {
            throw PackingError("git does not list the files of \(directory); its message is above")
        }
        var names: [String] = []
        for name in bytes.split(separator: 0) {
            guard let text = String(validating: name, as: UTF8.self) else {
                throw PackingError(
                    "\(String(decoding: name, as: UTF8.self)) in \(directory) has a name that is not UTF-8")
            }
            names.append(text)
        }
        return names
    }
}
