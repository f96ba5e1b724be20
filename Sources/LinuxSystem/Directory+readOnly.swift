internal import Glibc

extension Directory {
    /// Removes write permission from all files and directories below this one; links are not followed. The directory
    /// itself keeps its mode.
    ///
    /// It descends at most 64 levels; deeper directories keep their modes.
    public func makeReadOnly(depth: Int = 64) throws(SystemError) {
        try changeEach(depth: depth) { (node) throws(SystemError) in
            try node.setPermissions(node.information.permissions & 0o555)
        }
    }

    /// Calls a closure with every file and every directory below this one, a directory after its content. Each is held
    /// open by a descriptor meanwhile. Links, special files and names that vanish are skipped.
    func changeEach(
        depth: Int, _ change: (borrowing Node) throws(SystemError) -> Void
    ) throws(SystemError) {
        for (name, _) in try entries() {
            do throws(SystemError) {
                let node = try node(name)
                switch node.information.kind {
                case .file: try change(node)
                case .directory where depth > 0:
                    try node.directory().changeEach(depth: depth - 1, change)
                    try change(node)
                default: break
                }
            } catch {
                if !error.isGone { throw error }
            }
        }
    }
}
