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
            work.removeForeignIfEmpty(path)
        }
    }
}

extension WorkTrim: CodeVisitor {
    mutating func enter(_ path: RelativePath) throws(SystemError) -> Bool {
        modules = []
        do throws(SystemError) {
            current = try work.foreignDirectory(path)
        } catch {
            // A directory that is gone, or is another kind of file by now, contains no files of the project.
            guard error.isAboutFile else { throw error }
            return false
        }
        entered.append(path)
        return true
    }

    mutating func see(
        _ name: FileName, like original: some PathBytes, in source: borrowing Directory
    ) throws(SystemError) {
        seen += 1
        if seen % 64 == 0, SystemClock.monotonic() >= deadline {
            throw SystemError(code: ETIME, operation: "remove files that the job did not touch")
        }
        let bytes = name.bytes
        if bytes.suffix(3) == [UInt8(ascii: "."), UInt8(ascii: "p"), UInt8(ascii: "y")] {
            modules.insert(bytes.dropLast(3))
        }
        guard let information = current.informationIfAny(name),
            let old = source.informationIfAny(original),
            preparation.leavesUntouched(information, like: old) != false
        else { return }
        do throws(SystemError) {
            // The content is compared as well: a clock that was set back may have hidden a change.
            if try current.foreignFile(name).hasContent(of: try source.foreignFile(original)) {
                try current.remove(name)
            }
        } catch {
            // A file that cannot be read or removed is kept.
        }
    }

    mutating func see(_ name: FileName, linkedTo target: String) {
        do throws(SystemError) {
            if try current.information(name).kind == .symbolicLink, try current.target(ofLink: name) == target {
                try current.remove(name)
            }
        } catch {
            // A link that cannot be read or removed is kept.
        }
    }

    mutating func leave() {
        guard !modules.isEmpty else { return }
        do throws(SystemError) {
            let cache = try current.foreignDirectory(RelativePath([FileName(ByteCode.directory)]))
            for (name, _) in try cache.entries().prefix(WorkTrim.mostByteCode)
            where modules.contains(ByteCode.module(of: name) ?? []) {
                cache.removeLeftover(name)
            }
            try current.removeDirectory(ByteCode.directory)
        } catch {
            // Usually there is none, or it has other files. Byte code that stays does no harm.
        }
    }
}
