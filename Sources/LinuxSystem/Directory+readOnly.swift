internal import Glibc

extension Directory {
    /// Takes write permission from everything in this directory, never from what a link leads to. The directory itself
    /// stays as it is.
    ///
    /// At most 64 directories deep: deeper ones are left as they are.
    public func makeReadOnly(depth: Int = 64) throws(SystemError) {
        try changeEach(depth: depth) { (node) throws(SystemError) in
            try node.setPermissions(node.information.permissions & 0o555)
        }
    }

    /// Changes every file and every directory below this one, a directory after what is in it. Each is held by a
    /// descriptor meanwhile; links and special files are left out, and what vanishes.
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
