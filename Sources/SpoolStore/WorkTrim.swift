internal import Glibc
internal import LinuxSystem

/// Removes untouched files of the project from a job's working directory. It walks through the project's code, so its
/// duration does not depend on the number of files that the job has created.
///
/// The directory may belong to a user that changes it at the same time: it is accessed by descriptors and without
/// following links, and only names in it are removed.
struct WorkTrim: ~Copyable {
    /// The most names that are examined in a directory of byte code.
    private static let mostByteCode = 4096

    private let work: Directory
    private let preparation: Preparation
    private let deadline: Int64
    private var current: Directory
    /// The directories that were entered, parents first.
    private var entered: [RelativePath] = []
    /// The modules in the current directory, without their suffix.
    private var modules: Set<[UInt8]> = []
    private var seen = 0

    /// - Parameter deadline: the time to stop, by the monotonic clock.
    init(_ work: borrowing Directory, filledBy preparation: Preparation, until deadline: Int64) throws(SystemError) {
        let top = try work.duplicate()
        let first = try work.duplicate()
        self.work = top
        current = first
        self.preparation = preparation
        self.deadline = deadline
    }

    /// Walks through the code once. Throws ETIME when its time is over.
    mutating func run(through code: consuming VersionCode) throws(SystemError) {
        var walk = CodeWalk(through: code)
        try walk.run(&self)
        // Children first; a directory that is not empty stays.
        for path in entered.reversed() where !path.names.isEmpty {
            guard let name = path.names.last else { continue }
            let above = RelativePath(Array(path.names.dropLast()))
            try? work.foreignDirectory(above).removeDirectory(name)
        }
    }
}

extension WorkTrim: CodeVisitor {
    mutating func enter(_ path: RelativePath) throws(SystemError) -> Bool {
        modules = []
        // A directory that is gone, or is another kind of file by now, contains no files of the project.
        guard let directory = try? work.foreignDirectory(path) else { return false }
        current = directory
        entered.append(path)
        return true
    }

    mutating func see(
        _ name: FileName, like original: some PathBytes, in source: borrowing Directory
    ) throws(SystemError) {
        seen += 1
        if seen % 64 == 0, Machine.steadyClock() >= deadline {
            throw SystemError(code: ETIME, operation: "remove what the job did not touch")
        }
        let bytes = name.bytes
        if bytes.suffix(3) == [UInt8(ascii: "."), UInt8(ascii: "p"), UInt8(ascii: "y")] {
            modules.insert(bytes.dropLast(3))
        }
        guard let information = try? current.information(name),
            let old = try? source.information(original),
            preparation.leavesUntouched(information, like: old) != false,
            // The content is compared as well: a clock that was set back may have hidden a change.
            (try? current.foreignFile(name).hasContent(of: try source.foreignFile(original))) == true
        else { return }
        // A file that cannot be removed is kept.
        try? current.remove(name)
    }

    mutating func see(_ name: FileName, linkedTo target: String) {
        guard let information = try? current.information(name), information.kind == .symbolicLink,
            (try? current.target(ofLink: name)) == target
        else { return }
        try? current.remove(name)
    }

    mutating func leave() {
        guard !modules.isEmpty, let cache = try? current.foreignDirectory(RelativePath([FileName(ByteCode.directory)])),
            let entries = try? cache.entries()
        else { return }
        for (name, _) in entries.prefix(WorkTrim.mostByteCode) where modules.contains(ByteCode.module(of: name) ?? []) {
            try? cache.remove(name)
        }
        try? current.removeDirectory(ByteCode.directory)
    }
}
