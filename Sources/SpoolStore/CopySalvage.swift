internal import Glibc
internal import LinuxSystem

/// Makes a copy of a version's code out of one that was handed out: what nobody has touched is moved, whole directories at
/// once where that holds for all that is in them, and only the rest is copied anew.
///
/// A copy of many files costs a second, and removing one as much; worse, on ext4 without a journal each new file waits for
/// a look at all inodes that were freed in the last minutes. Moving directories costs nothing of that.
///
/// The directory may belong to another user: it is reached by descriptors and through no link, and nothing of it is removed
/// but directories that are empty by then. Nobody may be at work in it.
struct CopySalvage: ~Copyable {
    private let copy: HandedOutCopy
    private let list: CodeList
    private let account: Account?
    private let room: UnsafeMutableRawBufferPointer
    private let found: HandedOutCopy.Finding
    /// Which directories are whole, with all that is below them, and hold nothing else.
    private let isIntact: [Bool]
    /// How many files and links have to be made anew.
    let missing: Int

    /// Looks at what is left of the copy.
    ///
    /// - Parameter account: whose the new one shall be; nil for this process's user.
    init(of copy: HandedOutCopy, for account: Account?) {
        self.copy = copy
        list = copy.list
        self.account = account
        let found = copy.look()
        var isIntact = found.isWhole
        // Those below first.
        for index in copy.list.folders.indices.reversed() where isIntact[index] {
            isIntact[index] = copy.list.folders[index].children.allSatisfy { isIntact[$0] }
        }
        self.isIntact = isIntact
        missing = found.isUntouched.count { !$0 }
        self.found = found
        room = UnsafeMutableRawBufferPointer.allocate(byteCount: Directory.copyRoom, alignment: 16)
    }

    deinit {
        room.deallocate()
    }

    /// Whether there may be something in the directory, besides what is to be moved, that the project brought, or byte code
    /// of its modules.
    var leavesSomething: Bool {
        missing > 0
            || list.folders.indices.contains { index in
                !isIntact[index] && list.folders[index].entries.contains { list.entries[$0].isModule }
            }
    }

    // MARK: The move

    /// Moves what is untouched into an empty directory that nobody else can enter, and copies the rest.
    func move(into draft: borrowing Directory) throws(SystemError) -> CopyStamps {
        var stamps = CopyStamps(for: list)
        if case .recorded(let known, _) = copy.origin { stamps = known }
        var isMoved = Array(repeating: false, count: list.folders.count)
        for (index, folder) in list.folders.enumerated() {
            guard !isMoved[index] else {
                for child in folder.children { isMoved[child] = true }
                continue
            }
            let target =
                folder.path.names.isEmpty
                ? try draft.duplicate() : try draft.makeDirectory(folder.path, for: account)
            if found.isThere[index] {
                let source = try copy.place.foreignDirectory(folder.path)
                for number in folder.entries where found.isUntouched[number] {
                    let name = list.entries[number].name
                    try source.replace(name, in: target, by: name)
                }
                for child in folder.children where isIntact[child] {
                    guard let name = list.folders[child].path.names.last else { continue }
                    try source.replace(name, in: target, by: name)
                    // Its own time of change is new, and those of what is in it are not.
                    stamps.folders[child] = CopyStamps.Stamp(try target.information(name))
                    isMoved[child] = true
                }
            }
            for number in folder.entries {
                if !found.isUntouched[number] { try makeAnew(list.entries[number], of: folder, into: target) }
                stamps.entries[number] = CopyStamps.Stamp(try target.information(list.entries[number].name))
            }
        }
        for (index, folder) in list.folders.enumerated() where !isMoved[index] {
            stamps.folders[index] = CopyStamps.Stamp(try draft.information(folder.path))
        }
        removeEmptied(besides: isMoved)
        return stamps
    }

    private func makeAnew(
        _ entry: CodeList.Entry, of folder: CodeList.Folder, into target: borrowing Directory
    ) throws(SystemError) {
        if let link = entry.link { return try target.makeLink(entry.name, to: link, for: account) }
        let original = try copy.code.open(folder.path.appending(entry.name))
        _ = try target.copyFile(entry.name, of: original, for: account, through: room)
    }

    /// Removes the directories in which nothing is left, those below first.
    private func removeEmptied(besides isMoved: [Bool]) {
        for index in list.folders.indices.reversed() where found.isThere[index] && !isMoved[index] {
            guard let name = list.folders[index].path.names.last else { continue }
            let above = RelativePath(Array(list.folders[index].path.names.dropLast()))
            // One in which something is left stays.
            try? copy.place.foreignDirectory(above).removeDirectory(name)
        }
    }
}
