internal import LinuxSystem

/// What the filesystem says of each directory and file of a copy, in the order of a ``CodeList``: whoever changes one leaves
/// it with another time of change, and whoever replaces one with another inode (inode(7)).
struct CopyStamps: Sendable {
    /// What changes with a directory or file.
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

    /// None yet: no file is like them.
    init(for list: CodeList) {
        folders = Array(repeating: Stamp(), count: list.folders.count)
        entries = Array(repeating: Stamp(), count: list.entries.count)
    }

    /// Those of a copy that nobody else can enter.
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

/// A copy that was made ready, as it was then: whoever has worked in it shows by what differs from that.
public struct CopyRecord: Sendable {
    /// What it is a copy of.
    public let copy: ReadyCopy
    /// The number of its directory.
    public let inode: UInt64
    let stamps: CopyStamps
}
