internal import Glibc
public import LinuxSystem

/// Copies byte code that was made in a copy of a project into the project's code.
///
/// The copy may belong to another user. So it reads only regular files beneath the copy, of modules in the code, whose
/// header makes Python check them against the module's content (PEP 552), and limits their number and size.
public struct ByteCodeHarvest: ~Copyable {
    private static let longest = 16 << 20
    private static let most = 256 << 20

    private let place: Directory
    private let code: VersionCode
    private var rest = most

    /// Walks through the code once. Files that are already in the code are not replaced.
    public static func run(from place: borrowing Directory, into code: consuming VersionCode) throws(SystemError) {
        var harvest = ByteCodeHarvest(from: try place.duplicate(), into: code)
        try harvest.run()
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
        let directory = FileName(ByteCode.directory)
        guard let cache = try? place.foreignDirectory(path.appending(directory)), let entries = try? cache.entries()
        else { return }
        for (name, _) in entries.prefix(4 * modules.count) {
            guard let module = ByteCode.module(of: name), modules.contains(module),
                let content = try? cache.content(name, limit: min(ByteCodeHarvest.longest, rest)),
                ByteCodeHarvest.isChecked(content)
            else { continue }
            rest -= content.count
            try source.makeDirectoryIfMissing(ByteCode.directory)
            let target = try source.directory(directory)
            guard !target.contains(name) else { continue }
            let file = try target.file(name, O_WRONLY | O_CREAT | O_EXCL)
            try file.write(content)
        }
    }

    /// Whether the flags in the header mark checked hash-based byte code (PEP 552).
    private static func isChecked(_ content: [UInt8]) -> Bool {
        content.count > 16 && content[4..<8] == [3, 0, 0, 0]
    }
}
