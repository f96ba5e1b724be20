internal import LinuxSystem
internal import SpoolStore

/// The directories that every spool has.
enum Skeleton {
    /// The missing directories of a spool at a path. Throws `.notSpool` if it has no file `format`.
    static func findings(at path: String) throws(SpoolError) -> [Finding] {
        let root = try open(path)
        guard root.contains("format") else {
            throw SpoolError(.notSpool, "\(path) is not a spool: it has no file `format`")
        }
        try Spool.checkFormat(of: root, at: path)
        return Spool.directories.compactMap { name in
            do throws(SystemError) {
                let kind = try root.information(name).kind
                guard kind != .directory else { return nil }
                return Finding(
                    name, .error, "it is \(kind.name) and should be a directory", .person("put the directory there"))
            } catch {
                guard error.isMissing else {
                    return Finding(name, .error, "it cannot be looked at: \(error.reason)", .person("let it be read"))
                }
                return Finding(name, .error, "the directory is missing", .make)
            }
        }
    }

    private static func open(_ path: String) throws(SpoolError) -> Directory {
        do throws(SystemError) {
            return try Directory(path: path)
        } catch {
            if error.isMissing { throw SpoolError(.notSpool, "There is no spool at \(path)", cause: error) }
            throw SpoolError(error, while: "open the spool")
        }
    }
}
