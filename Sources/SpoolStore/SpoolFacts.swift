internal import LinuxSystem

/// What tells a spool from its copies, as its file `format` records it.
///
/// Lines `key=value` under the first one; lines that are not known are left out, so that others may be added. The line
/// `inode=` comes first: it is all that older programs know.
public struct SpoolFacts: Hashable, Sendable {
    /// The inode of `format` itself.
    public var inode: UInt64?
    /// When `format` was made, in nanoseconds since the epoch, where the filesystem knows it.
    public var birth: Int64?
    /// The inode of the spool's directory, and when that was made.
    public var rootInode: UInt64?, rootBirth: Int64?
    /// The kind of the filesystem, as statfs(2) numbers it, in hexadecimal. Nil in a file of an older program.
    public var filesystem: String?
    /// The number of the subvolume or of the dataset, on filesystems that have snapshots.
    public var subvolume: String?
    /// Where it is: the filesystem's name, what is mounted, and the path in there.
    public var place: String?
    /// The block device under it, and the disks under that; see `BlockDevice`.
    public var volume: String?, disks: Set<String> = []
    /// A digest of the machine's id (machine-id(5)).
    public var machine: String?
    /// The token that the spool's directory has as an extended attribute, which most ways of copying leave behind.
    public var mark: String?

    /// Facts of which none is known.
    public init() {}

    /// Reads a file `format`.
    public init(parsing content: [UInt8]) {
        for line in content.split(separator: UInt8(ascii: "\n")).dropFirst() {
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let value = String(decoding: line[line.index(after: equals)...], as: UTF8.self)
            switch String(decoding: line[..<equals], as: UTF8.self) {
            case "inode": inode = UInt64(value)
            case "birth": birth = Int64(value)
            case "root-inode": rootInode = UInt64(value)
            case "root-birth": rootBirth = Int64(value)
            case "filesystem": filesystem = value
            case "subvolume": subvolume = value
            case "place": place = value
            case "volume": volume = value
            case "disk": disks.insert(value)
            case "machine": machine = value
            case "mark": mark = value
            default: break
            }
        }
    }

    /// The file `format` that records them.
    public var file: [UInt8] {
        var lines = ["scrapy-spool 1"]
        func add(_ key: String, _ value: (some CustomStringConvertible)?) {
            if let value { lines.append("\(key)=\(value)") }
        }
        add("inode", inode)
        add("birth", birth)
        add("root-inode", rootInode)
        add("root-birth", rootBirth)
        add("filesystem", filesystem)
        add("subvolume", subvolume)
        add("volume", volume)
        for disk in disks.sorted() { add("disk", disk) }
        add("machine", machine)
        add("place", place)
        add("mark", mark)
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }
}

/// A look at a tree: its facts as they are now, and what is of use only beside those that are recorded.
public struct SpoolSight: Hashable, Sendable {
    /// What the spool's directory has as its mark.
    public enum Mark: Hashable, Sendable {
        /// The filesystem has no extended attributes.
        case unsupported
        /// There is none.
        case absent
        /// Tokens, each with the time of the last change of anything about the `format` that it was given with.
        case present([String: Int64])
    }

    /// The facts; the mark is not among them.
    public var facts: SpoolFacts
    /// The mark of the directory.
    public var mark: Mark
    /// When the content of `format` was last changed, and when anything about it was, in nanoseconds since the epoch.
    public var modified: Int64, changed: Int64
    /// When the subvolume was made as a snapshot, in nanoseconds since the epoch; nil for what is none.
    public var snapshotBirth: Int64?
    /// Whether files of other layers show through the filesystem.
    public var isOverlay: Bool
    /// Whether this process is in a container, whose machine-id may be another one each time.
    public var isContainer: Bool

    /// A look with nothing left out.
    public init(
        facts: SpoolFacts, mark: Mark, modified: Int64, changed: Int64, snapshotBirth: Int64?, isOverlay: Bool,
        isContainer: Bool
    ) {
        self.facts = facts
        self.mark = mark
        self.modified = modified
        self.changed = changed
        self.snapshotBirth = snapshotBirth
        self.isOverlay = isOverlay
        self.isContainer = isContainer
    }
}
