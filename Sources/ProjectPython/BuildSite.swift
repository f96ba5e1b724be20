internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Where the programs of a build work: a copy of the code, the environment that is made, and places for their files. All
/// of it belongs to the user that they run as.
struct BuildSite: ~Copyable {
    /// Its absolute path.
    let path: String
    /// The directory.
    let place: Directory
    /// The copy of the code in it.
    let code: Directory
    /// The path of uv's cache.
    let cache: String
    /// The user that programs run as; nil for this process's.
    let account: Account?

    /// Makes the subdirectories, and copies the code into one.
    ///
    /// - Parameters:
    ///   - path: that of the directory.
    ///   - place: the directory, which is empty.
    static func make(
        at path: String, in place: consuming Directory, code: consuming VersionCode, cache: String,
        for account: Account?
    ) throws(SystemError) -> BuildSite {
        for part in ["made", "home", "tmp"] {
            _ = try place.makeDirectory(RelativePath([FileName(part)]), for: account)
        }
        let copy = try place.makeDirectory(RelativePath([FileName("code")]), for: nil)
        try CodeCopy.fill(copy, with: code, for: account)
        if let account {
            _ = try place.makeDirectory(RelativePath([FileName("cache")]), for: account)
            try copy.give(to: account)
        }
        return BuildSite(path: path, place: place, code: copy, cache: cache, account: account)
    }

    /// Removes a file or a directory, by its path from the copy of the code.
    func remove(_ path: String) { code.removeLeftoverTree(path) }

    /// Writes a file into the copy of the code.
    func write(_ text: String, to name: String) throws(SystemError) {
        code.removeLeftoverTree(name)
        let file = try code.file(name, O_WRONLY | O_CREAT | O_EXCL)
        try file.write(Array(text.utf8))
        if let account { try file.give(to: account) }
    }

    /// Reads a file of the copy of the code, at most ``PackageFile/limit`` bytes.
    func read(_ name: String) throws(SystemError) -> String {
        let bytes = try code.foreignFile(name).readAll(limit: PackageFile.limit + 1)
        guard bytes.count <= PackageFile.limit else { throw SystemError(code: EFBIG, operation: "read \(name)") }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Copies the environment of another user's site, in which nothing runs any more. Only files, directories and links
    /// within it are taken.
    ///
    /// - Parameter python: the path of its Python.
    func takeEnvironment(from other: borrowing BuildSite, python: String) throws(SystemError) {
        remove("../made/\(Spool.python)")
        let made = try place.directory("made")
        try made.makeDirectory(Spool.python)
        let target = try made.directory(Spool.python)
        let source = try other.place.foreignDirectory(RelativePath([FileName("made"), FileName(Spool.python)]))
        try CodeCopy.fill(target, with: VersionCode(source, directory: "."), for: nil)
        let programs = try target.directory("bin")
        // The link to it leads out of the environment, so it was not copied.
        programs.removeLeftoverTree("python")
        try programs.makeLink(FileName("python"), to: python, for: nil)
    }

    /// Takes user names and passwords out of variables for uv.
    static func withoutPasswords(_ variables: [String]) -> [String] {
        variables.compactMap { variable in
            let name = variable.prefix { $0 != "=" }
            if name.hasSuffix("_PASSWORD") || name.hasSuffix("_USERNAME") { return nil }
            guard name.hasPrefix("UV_"), name.contains("INDEX") || name.hasSuffix("LINKS") else { return variable }
            let words = variable.dropFirst(name.count + 1).split(separator: " ").map { withoutPassword($0) }
            return "\(name)=\(words.joined(separator: " "))"
        }
    }

    /// Takes the user information out of a URL (RFC 3986).
    private static func withoutPassword(_ word: Substring) -> String {
        guard let scheme = word.firstRange(of: "://") else { return String(word) }
        let rest = word[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let sign = authority.lastIndex(of: "@") else { return String(word) }
        return String(word[..<scheme.upperBound]) + rest[rest.index(after: sign)...]
    }
}
