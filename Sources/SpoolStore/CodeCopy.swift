internal import Glibc
public import LinuxSystem

/// A copy of a project's code to work in: real directories and files, independent of the originals. Files keep the
/// modification times of the originals, by which untouched files are recognized and byte code stays valid.
public struct CodeCopy: ~Copyable {
    /// The amount of copied data.
    public struct Size: Hashable, Sendable {
        /// The number of files, and their total bytes.
        public var files = 0, bytes: Int64 = 0

        /// Whether it is copied in a negligible time.
        public var isSmall: Bool { files <= 64 && bytes <= 4 << 20 }
    }

    private let target: Directory
    private var current: Directory
    private let account: Account?
    private let room: UnsafeMutableRawBufferPointer
    private var size = Size()
    /// Called periodically between files.
    private let pause: (() -> Void)?

    /// Fills an empty directory that no other user can enter yet. Nothing is flushed.
    ///
    /// - Parameters:
    ///   - account: the owner of the copies; nil for this process's user. The owner of the directory itself is not
    ///     changed.
    ///   - pause: called periodically, for work that cannot wait for the end of a large copy.
    /// - Returns: the amount of copied data.
    @discardableResult
    public static func fill(
        _ target: borrowing Directory, with code: consuming VersionCode, for account: Account?,
        pause: (() -> Void)? = nil
    ) throws(SystemError) -> Size {
        var copy = try CodeCopy(into: target, for: account, pause: pause)
        var walk = CodeWalk(through: code)
        try walk.run(&copy)
        return copy.size
    }

    private init(
        into target: borrowing Directory, for account: Account?, pause: (() -> Void)?
    ) throws(SystemError) {
        let top = try target.duplicate()
        let first = try target.duplicate()
        self.target = top
        current = first
        self.account = account
        self.pause = pause
        room = UnsafeMutableRawBufferPointer.allocate(byteCount: Directory.copyRoom, alignment: 16)
    }

    deinit {
        room.deallocate()
    }
}

extension CodeCopy: CodeVisitor {
    mutating func enter(_ path: RelativePath) throws(SystemError) -> Bool {
        if !path.names.isEmpty { current = try target.makeDirectory(path, for: account) }
        return true
    }

    mutating func see(
        _ name: FileName, like original: some PathBytes, in source: borrowing Directory
    ) throws(SystemError) {
        if size.files % 64 == 63 { pause?() }
        size.files += 1
        size.bytes += try current.copyFile(name, from: source, at: original, for: account, through: room)
    }

    mutating func see(_ name: FileName, linkedTo target: String) throws(SystemError) {
        try current.makeLink(name, to: target, for: account)
    }

    mutating func leave() {}
}
