internal import Glibc
public import LinuxSystem

/// A copy of a project's code to work in: real directories and files, which nothing ties to the originals. Files have the
/// originals' times of modification, so that one that was not touched can be told, and byte code fits.
public struct CodeCopy: ~Copyable {
    /// How much was copied.
    public struct Size: Hashable, Sendable {
        /// Files, and their bytes in all.
        public var files = 0, bytes: Int64 = 0

        /// Whether a copy of it is made faster than anybody notices.
        public var isSmall: Bool { files <= 64 && bytes <= 4 << 20 }
    }

    private let target: Directory
    private var current: Directory
    private let account: Account?
    private let room: UnsafeMutableRawBufferPointer
    private var size = Size()
    /// Called between files from time to time.
    private let pause: (() -> Void)?

    /// Fills an empty directory that nobody else can enter yet. Nothing of it is flushed to the disk.
    ///
    /// - Parameters:
    ///   - account: whose the copies shall be; nil for this process's user. The directory itself stays whose it is.
    ///   - pause: called now and then, for what cannot wait until much is copied.
    /// - Returns: how much was copied.
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
