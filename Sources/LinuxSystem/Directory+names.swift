internal import Glibc

extension Directory {
    /// The names in this directory that are UTF-8, without `.` and `..`, in no particular order.
    ///
    /// This program creates only such names. Callers that need all names use ``entries()``.
    public func names() throws(SystemError) -> [String] {
        var names: [String] = []
        try forEachEntry { name, _ in
            if let name = String(validatingCString: name) { names.append(name) }
        }
        return names
    }

    /// The names in this directory that are UTF-8, like ``names()``, with their types (nil if the filesystem does not report
    /// them).
    public func typedNames() throws(SystemError) -> [(name: String, kind: FileInformation.Kind?)] {
        var names: [(name: String, kind: FileInformation.Kind?)] = []
        try forEachEntry { name, kind in
            if let name = String(validatingCString: name) { names.append((name, kind)) }
        }
        return names
    }

    /// All names in this directory with their types (nil if the filesystem does not report them), without `.` and `..`,
    /// in no particular order.
    public func entries() throws(SystemError) -> [(name: FileName, kind: FileInformation.Kind?)] {
        var entries: [(name: FileName, kind: FileInformation.Kind?)] = []
        try forEachEntry { entries.append((FileName($0), $1)) }
        return entries
    }

    /// Calls a closure with each name and its type (nil if the filesystem does not report it), without `.` and `..`.
    public func forEachName(_ body: (FileName, FileInformation.Kind?) -> Void) throws(SystemError) {
        try forEachEntry { body(FileName($0), $1) }
    }

    private func forEachEntry(
        _ body: (UnsafePointer<CChar>, FileInformation.Kind?) -> Void
    ) throws(SystemError) {
        let names = try DirectoryNames(of: self)
        while let (name, kind) = try names.nextEntry() { body(name, kind) }
    }
}

/// The names in a directory, one after the other and in no particular order, so that many of them take no memory
/// (readdir(3)).
///
/// A name that comes or goes meanwhile may be among them or not.
public final class DirectoryNames {
    private let stream: OpaquePointer

    /// Begins to read the names of a directory.
    public init(of directory: borrowing Directory) throws(SystemError) {
        // fdopendir takes ownership of the descriptor, and duplicates share its position: open the directory again.
        let number = directory.descriptor.number
        let own = try retrying("list a directory") { openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = fdopendir(own) else {
            let error = SystemError("list a directory")
            _ = Glibc.close(own)
            throw error
        }
        self.stream = stream
    }

    deinit {
        closedir(stream)
    }

    /// The next name, without `.` and `..`, and its type (nil if the filesystem does not report it); nil at the end.
    public func next() throws(SystemError) -> (name: FileName, kind: FileInformation.Kind?)? {
        try nextEntry().map { (FileName($0), $1) }
    }

    /// The same; the name is valid until the next call.
    fileprivate func nextEntry() throws(SystemError) -> (UnsafePointer<CChar>, FileInformation.Kind?)? {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemError("list a directory") }
                return nil
            }
            let kind: FileInformation.Kind? =
                switch Int(entry.pointee.d_type) {
                case Int(DT_REG): .file
                case Int(DT_DIR): .directory
                case Int(DT_LNK): .symbolicLink
                case Int(DT_UNKNOWN): nil
                default: .other
                }
            // The declared field is longer than the record may be, so the record is not copied.
            let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name) ?? 0
            let name = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
            if strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { continue }
            return (name, kind)
        }
    }
}
