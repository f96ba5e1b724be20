public import LinuxSystem

/// The content of a copy of a version's code: its directories, and the files and links in each.
public struct CodeList: Sendable {
    /// A directory of the copy.
    struct Folder: Sendable {
        /// The path in the copy; empty for the copy itself.
        let path: RelativePath
        /// The directories in it, as indices of ``folders``; all come after this one.
        var children: [Int] = []
        /// The files and links in it, as indices of ``entries``.
        var entries: Range<Int>
    }

    /// A file or a link.
    struct Entry: Sendable {
        let name: FileName
        /// The target of the link; nil for a file.
        let link: String?

        /// Whether it is a Python module, beside which Python may have written byte code.
        var isModule: Bool { name.bytes.suffix(3).elementsEqual(".py".utf8) }
    }

    /// Directories, parents before children.
    private(set) var folders: [Folder] = []
    /// Files and links, grouped by directory.
    private(set) var entries: [Entry] = []
    /// The amount of data.
    public private(set) var size = CodeCopy.Size()
    private var places: [RelativePath: Int] = [:]

    /// Walks through the code of a version, which is immutable.
    public init(of code: consuming VersionCode) throws(SystemError) {
        var walk = CodeWalk(through: code)
        try walk.run(&self)
        places = [:]
    }

    /// The number of copies whose stamps are kept; each takes some bytes for each file.
    public var mostRecords: Int { min(max(4, 500_000 / max(1, entries.count)), 64) }

    /// Whether few files have to be made anew compared with those that are left.
    func isMostlyThere(without missing: Int) -> Bool { missing <= 64 + entries.count / 16 }
}

extension CodeList: CodeVisitor {
    mutating func enter(_ path: RelativePath) -> Bool {
        let index = folders.count
        folders.append(Folder(path: path, entries: entries.count..<entries.count))
        places[path] = index
        if !path.names.isEmpty, let above = places[RelativePath(Array(path.names.dropLast()))] {
            folders[above].children.append(index)
        }
        return true
    }

    mutating func see(
        _ name: FileName, like original: some PathBytes, in source: borrowing Directory
    ) throws(SystemError) {
        size.files += 1
        size.bytes += try source.information(original).size
        add(Entry(name: name, link: nil))
    }

    mutating func see(_ name: FileName, linkedTo target: String) {
        add(Entry(name: name, link: target))
    }

    mutating func leave() {}

    private mutating func add(_ entry: Entry) {
        entries.append(entry)
        guard let last = folders.indices.last else { return }
        folders[last].entries = folders[last].entries.lowerBound..<entries.count
    }
}
