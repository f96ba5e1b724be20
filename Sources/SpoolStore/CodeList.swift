public import LinuxSystem

/// What a copy of a version's code consists of: its directories, and the files and links in each.
public struct CodeList: Sendable {
    /// A directory of the copy.
    struct Folder: Sendable {
        /// Where it is in the copy; empty for the copy itself.
        let path: RelativePath
        /// The directories in it, as indices of ``folders``: all of them are after this one.
        var children: [Int] = []
        /// The files and links in it, as indices of ``entries``.
        var entries: Range<Int>
    }

    /// A file or a link.
    struct Entry: Sendable {
        let name: FileName
        /// What the link says; nil for a file.
        let link: String?

        /// Whether Python may have made byte code of it beside it.
        var isModule: Bool { name.bytes.suffix(3).elementsEqual(".py".utf8) }
    }

    /// Directories, each before those in it.
    private(set) var folders: [Folder] = []
    /// Files and links, those of a directory one after the other.
    private(set) var entries: [Entry] = []
    /// How much it is.
    public private(set) var size = CodeCopy.Size()
    private var places: [RelativePath: Int] = [:]

    /// Walks through the code of a version, which never changes.
    public init(of code: consuming VersionCode) throws(SystemError) {
        var walk = CodeWalk(through: code)
        try walk.run(&self)
        places = [:]
    }

    /// Of how many copies it is remembered what they were like, which takes some bytes for each file.
    public var mostRecords: Int { min(max(4, 500_000 / max(1, entries.count)), 64) }

    /// Whether copies that were made anew instead of so many files are few beside those that are left.
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
