extension Directory {
    /// Takes write permission from everything in this directory and from itself, never following a link.
    ///
    /// At most 64 directories deep: deeper ones are left as they are.
    public func makeReadOnly(depth: Int = 64) throws(SystemError) {
        for name in try names() {
            let information = try information(name)
            switch information.kind {
            case .file:
                try setPermissions(name, information.permissions & 0o555)
            case .directory where depth > 0:
                try directory(name).makeReadOnly(depth: depth - 1)
                try setPermissions(name, information.permissions & 0o555)
            default:
                break
            }
        }
    }
}
