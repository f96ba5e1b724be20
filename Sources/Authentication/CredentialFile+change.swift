internal import LinuxSystem

extension CredentialFile {
    /// Replaces a user's lines in a file, which is made if it is missing: readable by its owner only, and whole at any
    /// moment for who reads it.
    ///
    /// - Parameters:
    ///   - tokens: whether the user's tokens are replaced, and not what stands for a password.
    ///   - lines: the new lines; none takes the user away.
    /// - Returns: how many lines the user had before.
    @discardableResult
    public static func replace(
        linesOf user: String, tokens: Bool, with lines: [String], inFile path: String
    ) throws(Problem) -> Int {
        do throws(SystemError) {
            let slash = path.lastIndex(of: "/")
            let directory = try Directory(path: slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".")
            let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
            var old: [Substring] = []
            if directory.contains(name) {
                old = String(decoding: try directory.content(name, limit: 16 << 20), as: UTF8.self)
                    .split(separator: "\n", omittingEmptySubsequences: false)
                if old.last?.isEmpty == true { old.removeLast() }
            }
            let kept = old.filter { line in
                guard let credential = Credential(line) else { return true }
                return credential.user != user || credential.isToken != tokens
            }
            let text = (kept.map(String.init) + lines).map { $0 + "\n" }.joined()
            try directory.publish(name, Array(text.utf8))
            return old.count - kept.count
        } catch {
            throw Problem(description: "\(path): \(error.reason)")
        }
    }
}
