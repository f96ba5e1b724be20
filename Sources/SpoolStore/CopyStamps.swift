internal import LinuxSystem

/// The stamps of all directories and files of a copy, in the order of a ``CodeList``. A changed file has another change
/// time, a replaced one another inode (inode(7)).
struct CopyStamps: Sendable {
    /// The facts that differ after a change of a directory or file.
    struct Stamp: Hashable, Sendable {
        let inode: UInt64, changed: Int64, modified: Int64

        init(_ information: FileInformation) {
            inode = information.inode
            changed = information.changed
            modified = information.modified
        }

        fileprivate init() { (inode, changed, modified) = (0, 0, 0) }
    }

    var folders: [Stamp]
    var entries: [Stamp]

    /// Empty stamps, which match no file.
    init(for list: CodeList) {
        folders = Array(repeating: Stamp(), count: list.folders.count)
        entries = Array(repeating: Stamp(), count: list.entries.count)
    }

    /// The stamps of a copy that no other user can enter.
    init(of copy: borrowing Directory, like list: CodeList) throws(SystemError) {
        self.init(for: list)
        for (index, folder) in list.folders.enumerated() {
            let directory = try copy.directory(folder.path)
            folders[index] = Stamp(try directory.descriptor.information())
            for number in folder.entries {
                entries[number] = Stamp(try directory.information(list.entries[number].name))
            }
        }
    }
}

/// The stamp of the directory of a version's code.
public struct CodeStamp: Hashable, Sendable {
    let stamp: CopyStamps.Stamp
}

/// A ready copy with the stamps of the time when it was made. Differences from them show later changes.
public struct CopyRecord: Sendable {
    /// The project, version and owner of the copy.
    public let copy: ReadyCopy
    /// The inode of its directory.
    public let inode: UInt64
    let stamps: CopyStamps
}
