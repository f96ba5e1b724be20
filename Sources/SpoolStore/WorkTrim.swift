internal import Glibc
internal import LinuxSystem

/// Removes from a job's working directory what is the project's and was not touched: the walk goes through the project's
/// code, so it takes no longer than that is large, whatever the job has made.
///
/// The directory may belong to a user who changes it at the same time: it is reached by descriptors and through no link,
/// and only names in it are removed.
struct WorkTrim: ~Copyable {
    /// Names that are looked at in a directory of byte code.
    private static let mostByteCode = 4096

    private let work: Directory
    private let preparation: Preparation
    private let deadline: Int64
    private var current: Directory
    /// The directories that were entered, those above first.
    private var entered: [RelativePath] = []
    /// The modules in the current directory, without their endings.
    private var modules: Set<[UInt8]> = []
    private var seen = 0

    /// - Parameter deadline: when to stop, by the steady clock.
    init(_ work: borrowing Directory, filledBy preparation: Preparation, until deadline: Int64) throws(SystemError) {
        let top = try work.duplicate()
        let first = try work.duplicate()
        self.work = top
        current = first
        self.preparation = preparation
        self.deadline = deadline
    }

    /// Goes through the code once. Throws ETIME when its time is over.
    mutating func run(through code: consuming VersionCode) throws(SystemError) {
        var walk = CodeWalk(through: code)
        try walk.run(&self)
        // Those below go first, and one in which something is left stays.
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
        // A directory that is gone, or is something else by now, holds nothing of the project's.
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
            // A clock that was set back may have hidden a change.
            (try? current.foreignFile(name).hasContent(of: try source.foreignFile(original))) == true
        else { return }
        // What cannot be removed is kept.
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
