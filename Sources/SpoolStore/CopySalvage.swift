internal import Glibc
internal import LinuxSystem

/// Makes a copy of a version's code out of one that a job has used: untouched files are moved, whole directories at
/// once if all of their content is untouched, and only the rest is copied again.
///
/// Copying many files takes a second, and removing them as long. On ext4 without a journal it is worse: each new file
/// waits for a search of all inodes that were freed in the last minutes. Moving directories avoids that.
///
/// The directory may belong to another user: it is accessed by descriptors and without following links, and only
/// directories that have become empty are removed from it. No process may be working in it.
struct CopySalvage: ~Copyable {
    private let copy: HandedOutCopy
    private let list: CodeList
    private let account: Account?
    private let room: UnsafeMutableRawBufferPointer
    private let found: HandedOutCopy.Finding
    /// Which directories are intact with everything below them and contain no other names.
    private let isIntact: [Bool]
    /// The number of files and links that have to be made again.
    let missing: Int

    /// Examines the rest of the copy.
    ///
    /// - Parameter account: the owner of the new copy; nil for this process's user.
    init(of copy: HandedOutCopy, for account: Account?) {
        self.copy = copy
        list = copy.list
        self.account = account
        let found = copy.look()
        var isIntact = found.isWhole
        // Children first.
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

    /// Whether the directory may still contain files of the project, or byte code of its modules, after the move.
    var leavesSomething: Bool {
        missing > 0
            || list.folders.indices.contains { index in
                !isIntact[index] && list.folders[index].entries.contains { list.entries[$0].isModule }
            }
    }

    // MARK: Moving

    /// Moves untouched files into an empty directory that no other user can enter, and copies the rest.
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
                    // Moving changes the directory's own change time, and not those of its content.
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

    /// Removes the directories that have become empty, children first.
    private func removeEmptied(besides isMoved: [Bool]) {
        for index in list.folders.indices.reversed() where found.isThere[index] && !isMoved[index] {
            copy.place.removeForeignIfEmpty(list.folders[index].path)
        }
    }
}
