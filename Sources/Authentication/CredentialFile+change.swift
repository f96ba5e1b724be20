internal import Glibc
public import LinuxSystem

extension CredentialFile {
    /// Replaces a user's lines in a file, which is created if it is missing.
    ///
    /// The file is readable by its owner only, keeps its owner, and is replaced atomically. Concurrent changes take
    /// turns.
    ///
    /// - Parameters:
    ///   - tokens: whether to replace the user's tokens rather than the passwords, hashes and digests.
    ///   - lines: the new lines; none removes the user's.
    ///   - owner: the user that a new file belongs to, which only root can decide; nil for the present one.
    /// - Returns: how many lines the user had before.
    @discardableResult
    public static func replace(
        linesOf user: String, tokens: Bool, with lines: [String], inFile path: String, ownedBy owner: Account? = nil
    ) throws(Problem) -> Int {
        do throws(SystemError) {
            let slash = path.lastIndex(of: "/")
            let directory = try Directory(path: slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".")
            let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
            let lock = try lock(directory, name)
            defer { withExtendedLifetime(lock) {} }
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
            try replace(name, Array(text.utf8), in: directory, ownedBy: owner)
            return old.count - kept.count
        } catch {
            throw Problem(description: "\(path): \(error.reason)")
        }
    }

    /// Waits for the lock on a file. It locks the directory itself, which leaves no file behind; if that fails (NFS
    /// locks only files that are open for writing), it locks a file beside the one to change.
    private static func lock(_ directory: borrowing Directory, _ name: String) throws(SystemError) -> Descriptor {
        do throws(SystemError) {
            let own = try directory.file(".", O_RDONLY | O_DIRECTORY)
            try own.lock()
            return own
        } catch {
            let file = try directory.file(".\(name).lock", O_RDWR | O_CREAT)
            try file.lock()
            return file
        }
    }

    /// Writes a temporary file and renames it, both flushed. The caller holds the lock.
    private static func replace(
        _ name: String, _ content: [UInt8], in directory: borrowing Directory, ownedBy owner: Account?
    ) throws(SystemError) {
        let aside = ".\(name).tmp"
        let present = directory.contains(name) ? try directory.information(name) : nil
        // A writer that was killed may have left this file, perhaps owned by another user.
        directory.removeLeftover(aside)
        do throws(SystemError) {
            try directory.durably { directory throws(SystemError) in
                let file = try directory.file(aside, O_WRONLY | O_CREAT | O_EXCL)
                if let present, case let own = try file.information() {
                    if present.owner != own.owner {
                        try file.setOwner(present.owner, group: present.group)
                    } else if present.group != own.group {
                        // Not fatal: the file grants its group no access.
                        try? file.setOwner(present.owner, group: present.group)
                    }
                } else if let owner {
                    try file.setOwner(owner.user, group: owner.group)
                }
                try file.write(content)
                try file.synchronize()
                try file.close()
                try directory.rename(aside, to: name)
            }
        } catch {
            directory.removeLeftover(aside)
            throw error
        }
    }
}
