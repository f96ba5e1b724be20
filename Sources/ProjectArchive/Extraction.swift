import Glibc

/// The extraction of one archive into a directory.
struct Extraction {
    private let tree: ExtractionTree
    private var budget: ExtractionBudget
    private var names = NameRegistry()
    private var links: [(path: EntryPath, target: LinkTarget)] = []
    private var summary: ArchiveSummary

    init(into directory: Int32, budget: ExtractionBudget, makesReadOnly: Bool) {
        tree = ExtractionTree(root: directory, makesReadOnly: makesReadOnly)
        summary = ArchiveSummary(format: budget.format)
        self.budget = budget
    }

    /// Unpacks one entry and reads its data to the end.
    mutating func add(_ entry: ArchiveEntry, from reader: ArchiveReader) throws(ArchiveError) {
        try budget.countEntry()
        let isDirectory = entry.type == S_IFDIR
        let path = try EntryPath(entry.path, isDirectory: isDirectory, budget: budget)
        try checkKind(of: entry, at: path)
        try names.take(path, isDirectory: isDirectory, format: budget.format)
        try budget.check(entries: names.count)
        switch entry.type {
        case S_IFDIR:
            try tree.makeDirectory(path)
            try skipData(of: path, from: reader)
        case S_IFLNK:
            links.append((path, try LinkTarget(entry.linkTarget, of: path, budget: budget)))
            try budget.check(links: links.count)
        default:
            try write(entry, to: path, from: reader)
        }
    }

    /// Makes the links, after all files are written.
    mutating func finish() throws(ArchiveError) -> ArchiveSummary {
        for link in links {
            try tree.makeLink(link.path, to: link.target)
        }
        summary.links = links.count
        summary.directories = tree.directories
        summary.bytes = budget.bytes
        guard names.count > 0 else { throw .empty(budget.format) }
        return summary
    }

    private func checkKind(of entry: ArchiveEntry, at path: EntryPath) throws(ArchiveError) {
        let reason: String? =
            switch entry.type {
            case _ where entry.isEncrypted: "is encrypted"
            case _ where entry.isHardLink: "is a hard link; make the archive with each file in full"
            case S_IFREG where entry.isSparse: "is stored as a file with holes; make the archive without them"
            case S_IFREG, S_IFDIR, S_IFLNK: nil
            case S_IFIFO: "is a FIFO"
            case S_IFSOCK: "is a socket"
            case S_IFBLK, S_IFCHR: "is a device"
            default: "is neither a file nor a directory"
            }
        if let reason { throw .refused(budget.format, entry: path.text, reason: reason) }
    }

    private mutating func write(
        _ entry: ArchiveEntry, to path: EntryPath, from reader: ArchiveReader
    ) throws(ArchiveError) {
        let size = entry.size
        let file = try tree.makeFile(path, isExecutable: entry.isExecutable)
        var written: Int64 = 0
        while let block = try reader.nextBlock() {
            guard block.offset == written else {
                throw .refused(budget.format, entry: path.text, reason: "is stored as a file with holes")
            }
            try budget.count(bytes: block.bytes.count)
            try file.write(block.bytes)
            written += Int64(block.bytes.count)
        }
        try file.close()
        guard size == nil || size == written else {
            throw .damaged(budget.format, "\(quoted(path.text)) has not as many bytes as it should have")
        }
        summary.files += 1
    }

    /// A directory has no data. It is refused here, because libarchive would skip all of it in one long call.
    private func skipData(of path: EntryPath, from reader: ArchiveReader) throws(ArchiveError) {
        while let block = try reader.nextBlock() {
            guard block.bytes.isEmpty else {
                throw .refused(budget.format, entry: path.text, reason: "is a directory with data")
            }
        }
    }
}
