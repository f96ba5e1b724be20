public import SpoolModel

/// Whether a tree is the original spool or a copy of it.
public enum SpoolIdentity: Hashable, Sendable {
    /// The original spool.
    case original
    /// A copy, or restored from one.
    case copy(Reason)
    /// It cannot be determined.
    case unknown(Reason)

    /// The reason for a decision, as the end of a sentence.
    public enum Reason: String, Hashable, Sendable, CaseIterable {
        case unmarked = "its file `format` does not say which spool it belongs to"
        case otherFile = "its file `format` is another one than that of the spool"
        case laterBirth = "its file `format` was made after it was last written, as only a copy's is"
        case otherFilesystem = "it is on another kind of filesystem than the spool"
        case otherRoot = "its directory is another one than that of the spool"
        case noMark = "its directory lacks the mark that the spool's has"
        case otherMark = "its directory has the mark of another spool"
        case otherPlace = "it is at another place than the spool, and its filesystem shows nothing else about it"
        case snapshot = "it is in another subvolume than the spool, as a snapshot is"
        case otherDevice = "its filesystem is on another device, as a copy of the spool's filesystem is"
        case otherMachine = "its filesystem was last used as a spool by another machine"
        case indistinct = "its filesystem gives files no lasting identity"
    }

    /// Whether it is known to be a copy.
    public var isCopy: Bool {
        if case .copy = self { true } else { false }
    }

    /// The reason why it is not known to be the original; nil for the original.
    public var reason: Reason? {
        switch self {
        case .original: nil
        case .copy(let reason), .unknown(let reason): reason
        }
    }

    /// Whether the configuration forbids starting jobs in it.
    public func isHeld(by policy: HoldCopies) -> Bool {
        switch self {
        case .original: false
        case .copy: policy != .never
        case .unknown: policy == .doubtful
        }
    }
}

extension SpoolIdentity {
    /// Types of filesystems (statfs(2)) that may assign new inode numbers at each mount: FUSE, SMB, and those for files
    /// of a virtual machine's host.
    private static let makingInodes: Set<String> = ["65735546", "fe534d42", "ff534d42", "bacbacbc", "786f4256"]
    private static let fuse = "65735546", overlay = "794c7630"
    /// Types that belong to one machine at a time and are on a block device: ext2 to 4, xfs, btrfs, f2fs, zfs,
    /// bcachefs.
    private static let local: Set<String> = ["ef53", "58465342", "9123683e", "f2f52010", "2fc12fc1", "ca451a4e"]

    /// Determines the identity of a tree.
    ///
    /// - Parameters:
    ///   - recorded: the facts in its file `format`.
    ///   - sight: its current facts.
    public init(of recorded: SpoolFacts, seen sight: SpoolSight) {
        guard recorded.inode != nil else {
            self = .copy(.unmarked)
            return
        }
        guard let kind = recorded.filesystem else {
            self = SpoolIdentity.ofOldRecord(recorded, sight)
            return
        }
        self =
            if kind != sight.facts.filesystem {
                // A filesystem that passes everything through to another one passes the mark through as well: it shows
                // the same spool in another way.
                [kind, sight.facts.filesystem].contains(SpoolIdentity.fuse) && !sight.isOverlay
                    && SpoolIdentity.hasKeptMark(recorded, sight) ? .original : .copy(.otherFilesystem)
            } else if recorded.birth == nil || sight.facts.birth == nil, SpoolIdentity.makingInodes.contains(kind) {
                SpoolIdentity.byMark(recorded, sight)
            } else {
                SpoolIdentity.byFile(recorded, sight, kind)
            }
    }

    /// For a record of a program that recorded only the inode.
    private static func ofOldRecord(_ recorded: SpoolFacts, _ sight: SpoolSight) -> SpoolIdentity {
        guard recorded.inode == sight.facts.inode else { return .copy(.otherFile) }
        // The file was written when it was created. A copy with a preserved modification time is younger than its
        // content.
        if let birth = sight.facts.birth, birth > sight.modified,
            birth &- sight.modified > 2_000_000_000 || sight.modified < 0
        {
            return .copy(.laterBirth)
        }
        if let birth = sight.facts.birth, let snapshot = sight.snapshotBirth, birth < snapshot {
            return .copy(.snapshot)
        }
        return .original
    }

    private static func hasKeptMark(_ recorded: SpoolFacts, _ sight: SpoolSight) -> Bool {
        guard let mark = recorded.mark, case .present(let marks) = sight.mark else { return false }
        return marks[mark] == sight.changed
    }

    /// For filesystems on which neither the inode nor the creation time is significant.
    private static func byMark(_ recorded: SpoolFacts, _ sight: SpoolSight) -> SpoolIdentity {
        let isInPlace = recorded.place != nil && recorded.place == sight.facts.place
        let doubt = isInPlace ? SpoolIdentity.unknown(.indistinct) : .copy(.otherPlace)
        guard let mark = recorded.mark else { return doubt }
        switch sight.mark {
        case .unsupported: return doubt
        case .absent: return .copy(.noMark)
        case .present(let marks):
            guard let changed = marks[mark] else { return .copy(.otherMark) }
            // Programs cannot set the change time, so a copy with the mark has another one; so has the original after a
            // chmod.
            return changed == sight.changed ? .original : doubt
        }
    }

    private static func byFile(_ recorded: SpoolFacts, _ sight: SpoolSight, _ kind: String) -> SpoolIdentity {
        let seen = sight.facts
        let hasLastingInodes = !makingInodes.contains(kind) && kind != overlay
        if let birth = recorded.birth, let now = seen.birth {
            guard birth == now else { return .copy(.otherFile) }
            guard !hasLastingInodes || recorded.inode == seen.inode else { return .copy(.otherFile) }
        } else {
            guard recorded.inode == seen.inode else { return .copy(.otherFile) }
            // The inode may be equal by chance.
            if recorded.mark != nil, sight.mark == .absent { return .copy(.noMark) }
        }
        // Hard links can make the same file part of another tree, but not a directory.
        if let birth = recorded.rootBirth, let now = seen.rootBirth, birth != now { return .copy(.otherRoot) }
        if hasLastingInodes, let inode = recorded.rootInode, inode != seen.rootInode { return .copy(.otherRoot) }
        if let subvolume = recorded.subvolume, let now = seen.subvolume, subvolume != now { return .copy(.snapshot) }
        return local.contains(kind) ? byDevice(recorded, sight) : .original
    }

    /// For a file that is identical down to its blocks: it may be on a copy of the spool's device.
    private static func byDevice(_ recorded: SpoolFacts, _ sight: SpoolSight) -> SpoolIdentity {
        let seen = sight.facts
        let isElsewhere = recorded.machine != nil && seen.machine != nil && recorded.machine != seen.machine
        let isOnSameDisk: Bool? =
            recorded.disks.isEmpty || seen.disks.isEmpty ? nil : !recorded.disks.isDisjoint(with: seen.disks)
        // A container may have another id each time it is created.
        let elsewhere = sight.isContainer ? SpoolIdentity.unknown(.otherMachine) : .copy(.otherMachine)
        if let volume = recorded.volume, let now = seen.volume {
            guard isSame(volume, now) else { return .copy(.otherDevice) }
            guard !volume.hasPrefix("plain") else {
                if isOnSameDisk == false { return .copy(.otherDevice) }
                return isElsewhere && isOnSameDisk == nil ? elsewhere : .original
            }
            // Ids stored on the disks are the same on copies of the disks, and may move from disk to disk.
            guard isElsewhere, isOnSameDisk != true else { return .original }
            return volume.hasPrefix("loop ") ? .copy(.otherMachine) : elsewhere
        }
        return isElsewhere && isOnSameDisk != true ? elsewhere : .original
    }

    /// Whether two descriptions are of the same device. The backing file of a loop device may have been renamed, and
    /// not every user can read its facts; in that case the name decides.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        if one == other { return true }
        guard one.hasPrefix("loop "), other.hasPrefix("loop ") else { return false }
        let (one, other) = (one.split(separator: " ", maxSplits: 2), other.split(separator: " ", maxSplits: 2))
        guard one.count == 3, other.count == 3 else { return false }
        return one[1] == "-" || other[1] == "-" ? one[2] == other[2] : one[1] == other[1]
    }
}
