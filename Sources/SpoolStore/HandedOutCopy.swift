internal import LinuxSystem

/// A copy of a version's code that a job may have used, for finding the parts that are unchanged.
final class HandedOutCopy: Sendable {
    /// The evidence that a file is untouched.
    enum Origin: Sendable {
        /// The record of the copy, and the time from which the job could change it.
        case recorded(CopyStamps, Preparation)
        /// The time at which the copy was filled, and the content.
        case filled(Preparation)
        /// Only the content, for a copy that no job has used. Modification times are corrected.
        case unused
    }

    /// The result of an examination, by the indices of the list.
    struct Finding: Sendable {
        /// Which directories exist.
        var isThere: [Bool]
        /// Which directories are unchanged, with all files and links in them and no other names.
        var isWhole: [Bool]
        /// Which files and links are untouched.
        var isUntouched: [Bool]

        /// Joins two findings about different directories.
        func joined(with other: Finding) -> Finding {
            func join(_ part: (Finding) -> [Bool]) -> [Bool] { zip(part(self), part(other)).map { $0 || $1 } }
            return Finding(isThere: join(\.isThere), isWhole: join(\.isWhole), isUntouched: join(\.isUntouched))
        }
    }

    /// The number of files from which two threads are used: some thousands take long enough to delay the next job.
    private static let many = 2000

    let place: Directory
    let code: VersionCode
    let list: CodeList
    let origin: Origin
    private let owner: UInt32

    /// - Parameters:
    ///   - place: the directory of the copy.
    ///   - account: its owner; nil for this process's user.
    init(
        in place: consuming Directory, of code: consuming VersionCode, like list: CodeList, from origin: Origin,
        for account: Account?
    ) {
        self.place = place
        self.code = code
        self.list = list
        self.origin = origin
        owner = account?.user ?? Host.effectiveUser
    }

    /// Examines each directory and file.
    func look() -> Finding {
        let folders = list.folders.indices
        guard list.entries.count >= HandedOutCopy.many else { return look(at: folders) }
        let middle =
            folders.first { list.folders[$0].entries.lowerBound >= list.entries.count / 2 } ?? folders.upperBound
        let (one, other) = atOnce(
            { self.look(at: folders.lowerBound..<middle) },
            onThread: "workshop-2", { self.look(at: middle..<folders.upperBound) })
        return one.joined(with: other)
    }

    private func look(at folders: Range<Int>) -> Finding {
        var finding = Finding(
            isThere: Array(repeating: false, count: list.folders.count),
            isWhole: Array(repeating: false, count: list.folders.count),
            isUntouched: Array(repeating: false, count: list.entries.count))
        for index in folders {
            let folder = list.folders[index]
            guard let directory = place.foreignDirectoryIfAny(folder.path),
                let information = directory.descriptor.informationIfAny
            else { continue }
            finding.isThere[index] = true
            var isWhole = isRecorded(information) { $0.folders[index] }
            for number in folder.entries {
                // A file that cannot be examined is copied again.
                let isUntouched = (try? isUntouched(number, of: folder, in: directory)) ?? false
                finding.isUntouched[number] = isUntouched
                if !isUntouched { isWhole = false }
            }
            finding.isWhole[index] = isWhole
        }
        return finding
    }

    private func isRecorded(_ information: FileInformation, _ stamp: (CopyStamps) -> CopyStamps.Stamp) -> Bool {
        // A change time equal to the instant at which the job began proves nothing.
        guard case .recorded(let stamps, let preparation) = origin, information.changeTime < preparation.instant else {
            return false
        }
        return CopyStamps.Stamp(information) == stamp(stamps)
    }

    private func isUntouched(
        _ number: Int, of folder: CodeList.Folder, in directory: borrowing Directory
    ) throws(SystemError) -> Bool {
        let entry = list.entries[number]
        let information = try directory.information(entry.name)
        if isRecorded(information, { $0.entries[number] }) { return true }
        if let link = entry.link {
            guard information.kind == .symbolicLink else { return false }
            return try directory.target(ofLink: entry.name) == link
        }
        let path = folder.path.appending(entry.name)
        guard information.kind == .file, information.links == 1, information.owner == owner,
            let original = code.original(of: path), original.size == information.size,
            information.permissions == (original.permissions & 0o100 == 0 ? 0o600 : 0o700)
        else { return false }
        switch origin {
        case .recorded(_, let preparation), .filled(let preparation):
            guard preparation.leavesUntouched(information, like: original) != false else { return false }
            return try directory.foreignFile(entry.name).hasContent(of: code.open(path))
        case .unused:
            let file = try directory.foreignFile(entry.name)
            guard try file.hasContent(of: code.open(path)) else { return false }
            if information.modificationTime != original.modificationTime {
                try file.setModified(original.modificationTime)
            }
            return true
        }
    }
}
