internal import Glibc
public import LinuxSystem

/// Copies byte code of a project's modules into the project's code, and flushes it. Python has made it of a copy of the
/// code, in a directory of its own (`sys.pycache_prefix`).
///
/// The directory may belong to another user. So it reads only regular files beneath it, of modules in the code, whose
/// header makes Python check them against the module's content (PEP 552), and limits their number and size.
public struct ByteCodeHarvest: ~Copyable {
    private static let longest = 16 << 20
    private static let most = 256 << 20
    /// How many files are open at a time, to be flushed together.
    private static let batch = 64

    private let place: Directory
    private let code: VersionCode
    private var rest = most
    private var unflushed: [OpenFile] = []

    /// Walks through the code once. Files that are already in the code are not replaced. No one else may write into the
    /// code at the same time.
    ///
    /// - Parameter place: the directory with the byte code of the modules in the copy's top directory.
    public static func run(from place: borrowing Directory, into code: consuming VersionCode) throws(SystemError) {
        var harvest = ByteCodeHarvest(from: try place.duplicate(), into: code)
        try harvest.run()
        try harvest.flush()
    }

    private init(from place: consuming Directory, into code: consuming VersionCode) {
        self.place = place
        self.code = code
    }

    private mutating func run() throws(SystemError) {
        var pending = [RelativePath()]
        while let path = pending.popLast() {
            let source = try code.code.directory(RelativePath(code.top.names + path.names))
            var modules: Set<[UInt8]> = []
            for (name, kind) in try source.entries() {
                let kind = if let kind { kind } else { try source.information(name).kind }
                switch kind {
                case .directory where name != FileName(ByteCode.directory): pending.append(path.appending(name))
                case .file:
                    let bytes = name.bytes
                    if bytes.suffix(3) == Array(".py".utf8)[...] { modules.insert(bytes.dropLast(3)) }
                default: break
                }
            }
            if !modules.isEmpty { try take(modules, at: path, into: source) }
        }
    }

    private mutating func take(
        _ modules: Set<[UInt8]>, at path: RelativePath, into source: borrowing Directory
    ) throws(SystemError) {
        // Byte code that cannot be read is compiled again by the first job.
        guard let cache = place.foreignDirectoryIfAny(path) else { return }
        var made: [(name: FileName, content: [UInt8])] = []
        // Directories stand beside the files there.
        let files = cache.entriesIfAny().filter { $0.kind != .directory }.map(\.name)
        for name in files.prefix(4 * modules.count) {
            guard let module = ByteCode.module(of: name), modules.contains(module),
                // As above.
                let content = try? cache.content(name, limit: min(ByteCodeHarvest.longest, rest)),
                ByteCodeHarvest.isChecked(content)
            else { continue }
            rest -= content.count
            made.append((name, content))
        }
        guard !made.isEmpty else { return }
        let outside = try source.descriptor.information().permissions
        try source.descriptor.setPermissions(outside | 0o200)
        try source.makeDirectoryIfMissing(ByteCode.directory)
        let target = try source.directory(FileName(ByteCode.directory))
        let inside = try target.descriptor.information().permissions & 0o555
        try target.descriptor.setPermissions(inside | 0o200)
        for (name, content) in made where !target.contains(name) {
            let file = try target.file(name, O_WRONLY | O_CREAT | O_EXCL)
            try file.write(content)
            try file.setPermissions(0o400)
            try keep(file)
        }
        try target.descriptor.setPermissions(inside)
        try keep(try target.descriptor.duplicate())
        try source.descriptor.setPermissions(outside)
        try keep(try source.descriptor.duplicate())
    }

    // MARK: Flushing

    private mutating func keep(_ descriptor: consuming Descriptor) throws(SystemError) {
        unflushed.append(OpenFile(descriptor))
        if unflushed.count == ByteCodeHarvest.batch { try flush() }
    }

    private mutating func flush() throws(SystemError) {
        try Flush.together(unflushed)
        unflushed = []
    }

    /// Whether the flags in the header mark checked hash-based byte code (PEP 552).
    private static func isChecked(_ content: [UInt8]) -> Bool {
        content.count > 16 && content[4..<8] == [3, 0, 0, 0]
    }
}
