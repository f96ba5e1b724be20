internal import Glibc
internal import LinuxSystem

/// Walks through a directory and skips entries that are no sources.
enum ProjectWalk {
    /// Limits beyond any project: exceeding them means a loop of mounts, or the wrong directory.
    private static let deepest = 64
    private static let most = 100_000

    /// The files and links below a directory; links are not followed.
    ///
    /// - Parameter leavingOutProducts: whether to skip products of tools too: caches, builds, packages.
    static func paths(below root: String, leavingOutProducts: Bool) throws(PackingError) -> [String] {
        var paths: [String] = []
        do throws(SystemError) {
            var pending = [""]
            while let folder = pending.popLast() {
                let directory = try Directory(path: folder.isEmpty ? root : "\(root)/\(folder)")
                if directory.contains("pyvenv.cfg"), !folder.isEmpty { continue }
                for (name, _) in try directory.entries() {
                    guard let name = name.text else {
                        throw SystemError(code: EILSEQ, operation: "pack \(folder)/\(name), whose name is not UTF-8")
                    }
                    let path = folder.isEmpty ? name : "\(folder)/\(name)"
                    guard !isPassedOver(name, atTop: folder.isEmpty, leavingOutProducts) else { continue }
                    switch try directory.information(name).kind {
                    case .directory: pending.append(path)
                    case .file, .symbolicLink: paths.append(path)
                    case .other: break
                    }
                }
                guard paths.count + pending.count <= most, folder.split(separator: "/").count < deepest else {
                    throw SystemError(code: tooMuch, operation: "list \(root)")
                }
            }
        } catch {
            guard error.code != tooMuch else {
                throw PackingError(
                    "\(root) holds more than \(most) files, or is more than \(deepest) directories deep: "
                        + "name the files of the project by `glob` in [deploy] of scrapy.cfg")
            }
            throw PackingError("\(root) cannot be packed: \(error)")
        }
        return paths
    }

    /// Not an `errno` of Linux.
    private static let tooMuch: Int32 = -1

    private static let repositories: Set<String> = [".git", ".hg", ".svn", ".bzr"]
    private static let products: Set<String> = [
        "__pycache__", ".venv", ".scrapy", ".tox", ".nox", ".eggs", ".mypy_cache", ".pytest_cache", ".ruff_cache",
        "node_modules", ".DS_Store",
    ]
    /// Skipped at the top only, because these names can be sources further down.
    private static let productsAtTop: Set<String> = ["build", "dist", "venv"]

    private static func isPassedOver(_ name: String, atTop: Bool, _ leavingOutProducts: Bool) -> Bool {
        if repositories.contains(name) { return true }
        guard leavingOutProducts else { return false }
        return products.contains(name) || atTop && productsAtTop.contains(name)
            || [".pyc", ".pyo", ".egg-info"].contains { name.hasSuffix($0) }
    }
}
