internal import Glibc

extension Directory {
    /// Removes write permission from all files and directories below this one; links are not followed. The directory
    /// itself keeps its mode.
    ///
    /// It descends at most 64 levels; deeper directories keep their modes.
    ///
    /// - Parameter includingFiles: false if the files are already read-only.
    public func makeReadOnly(depth: Int = 64, includingFiles: Bool = true) throws(SystemError) {
        try changeEach(depth: depth, includingFiles: includingFiles) { (node) throws(SystemError) in
            let permissions = node.information.permissions
            if permissions & 0o222 != 0 { try node.setPermissions(permissions & 0o555) }
        }
    }

    /// Lets every user read this directory and everything below it, execute what the owner may, and write nothing; only
    /// the directory itself stays writable for its owner. Links are not followed.
    public func share() throws(SystemError) {
        try changeEach(depth: 64) { (node) throws(SystemError) in
            let isProgram = node.information.kind == .directory || node.information.permissions & 0o100 != 0
            try node.setPermissions(isProgram ? 0o555 : 0o444)
        }
        // Its owner can still move it, which changes its entry for the parent.
        try descriptor.setPermissions(0o755)
    }

    /// Calls a closure with every file and every directory below this one, a directory after its content. Each is held
    /// open by a descriptor meanwhile. Links, special files and names that vanish are skipped.
    ///
    /// - Parameter includingFiles: false to skip the files as well.
    func changeEach(
        depth: Int, includingFiles: Bool = true, _ change: (borrowing Node) throws(SystemError) -> Void
    ) throws(SystemError) {
        for (name, kind) in try entries() where includingFiles || kind != .file {
            do throws(SystemError) {
                let node = try node(name)
                switch node.information.kind {
                case .file: if includingFiles { try change(node) }
                case .directory where depth > 0:
                    try node.directory().changeEach(depth: depth - 1, includingFiles: includingFiles, change)
                    try change(node)
                default: break
                }
            } catch {
                if !error.isGone { throw error }
            }
        }
    }
}
