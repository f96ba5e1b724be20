/// Operations that may fail without consequence.
extension Directory {
    /// Removes a file or link that is not used any more. If that fails it stays, and the next step that needs its name
    /// overwrites or removes it.
    public func removeLeftover(_ name: some PathBytes) {
        // See above.
        try? remove(name)
    }

    /// Removes a file or a directory with all below it that is not used any more. If that fails a part stays, and the
    /// next step that needs the name, or the next sweep of the directory, removes it.
    public func removeLeftoverTree(_ name: some PathBytes) {
        // See above.
        try? removeTree(name)
    }

    /// Removes a directory if it is empty; otherwise it stays.
    public func removeIfEmpty(_ name: some PathBytes) {
        // rmdir(2) does the check: ENOTEMPTY.
        try? removeDirectory(name)
    }

    /// Removes an empty directory beneath this one, without following links; any other stays.
    public func removeForeignIfEmpty(_ path: RelativePath) {
        guard let name = path.names.last,
            let above = foreignDirectoryIfAny(RelativePath(Array(path.names.dropLast())))
        else { return }
        above.removeIfEmpty(name)
    }

    /// Sets the times of a name to now, so that its watchers look at it. If that fails, they do so at their next
    /// periodic check.
    public func touchAsHint(_ name: some PathBytes) {
        // See above.
        try? touch(name)
    }
}
