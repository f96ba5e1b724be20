internal import LinuxSystem

/// The facts in the file `format` that distinguish a spool from its copies.
///
/// Lines `key=value` follow the first line. Unknown lines are ignored, so that others can be added. The line `inode=`
/// comes first: older programs know only that.
public struct SpoolFacts: Hashable, Sendable {
    /// The inode of `format` itself.
    public var inode: UInt64?
    /// The creation time of `format` in nanoseconds since the epoch, if the filesystem records it.
    public var birth: Int64?
    /// The inode of the spool's directory, and its creation time.
    public var rootInode: UInt64?, rootBirth: Int64?
    /// The type of the filesystem, as the number of statfs(2) in hexadecimal. Nil in a file of an older program.
    public var filesystem: String?
    /// The number of the subvolume or dataset, on filesystems with snapshots.
    public var subvolume: String?
    /// The place: the filesystem's type, the mounted source, and the path in it.
    public var place: String?
    /// The block device of the filesystem, and its disks; see `BlockDevice`.
    public var volume: String?, disks: Set<String> = []
    /// A hash of the machine's id (machine-id(5)).
    public var machine: String?
    /// The token in an extended attribute of the spool's directory, which most ways of copying lose.
    public var mark: String?

    /// No facts.
    public init() {}

    /// Parses a file `format`.
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

    /// The content of the file `format`.
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

/// The current facts of a tree, with those that are only compared with the recorded ones.
public struct SpoolSight: Hashable, Sendable {
    /// The mark of the spool's directory.
    public enum Mark: Hashable, Sendable {
        /// The filesystem does not support extended attributes.
        case unsupported
        /// The directory has no mark.
        case absent
        /// Tokens, each with the change time of the `format` for which it was set.
        case present([String: Int64])
    }

    /// The facts without the mark.
    public var facts: SpoolFacts
    /// The mark of the directory.
    public var mark: Mark
    /// The modification time and the change time of `format`, in nanoseconds since the epoch.
    public var modified: Int64, changed: Int64
    /// The time at which the subvolume was created as a snapshot, in nanoseconds since the epoch; nil if it is not one.
    public var snapshotBirth: Int64?
    /// Whether the filesystem is an overlay, which shows files of other layers.
    public var isOverlay: Bool
    /// Whether this process is in a container, whose machine-id may change.
    public var isContainer: Bool

    /// A view with all values.
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
