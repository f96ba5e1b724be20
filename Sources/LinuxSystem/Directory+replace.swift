internal import Glibc

extension Directory {
    /// Moves a file into another directory, replacing what has the new name there, at once (rename(2)).
    public func replace(_ newName: String, in other: borrowing Directory, by name: String) throws(SystemError) {
        let (source, target) = (descriptor.number, other.descriptor.number)
        _ = try retrying("move \(name) to \(newName)") { renameat(source, name, target, newName) }
    }
}
