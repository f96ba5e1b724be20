internal import Glibc

/// Reading of entries that may be absent.
///
/// Functions named `…IfAny` return nil for every error. They are for work that can be left out or is repeated later, and
/// for decisions in which an entry that cannot be examined counts as absent. Functions named `…IfUsable` return nil only
/// for errors that say something about the path; a shortage of descriptors or memory, or a failing disk, is thrown.
extension Directory {
    /// The result of lstat(2) for a path; nil if the path does not exist.
    public func informationIfPresent(_ path: some PathBytes) throws(SystemError) -> FileInformation? {
        do throws(SystemError) {
            return try information(path)
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }

    /// The result of lstat(2) for a path; nil if the call fails, for any reason.
    public func informationIfAny(_ path: some PathBytes) -> FileInformation? {
        // The call takes no descriptor, so apart from a failing disk the reason is the path.
        try? information(path)
    }

    /// The result of lstat(2) for a path, with the number of blocks of 512 bytes that it takes (`st_blocks`), as du(1)
    /// counts them: holes take none. Nil if the call fails, for any reason.
    public func usageIfAny(_ path: some PathBytes) -> (information: FileInformation, blocks: Int64)? {
        var result = stat()
        guard path.withPath({ fstatat(descriptor.number, $0, &result, AT_SYMLINK_NOFOLLOW) }) == 0 else { return nil }
        return (FileInformation(result), max(0, Int64(result.st_blocks)))
    }

    /// The whole content of a regular file of at most `limit` bytes; nil if there is no such file, or it is not
    /// accessible or longer.
    public func contentIfUsable(_ path: some PathBytes, limit: Int = 1 << 20) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try content(path, limit: limit)
        } catch {
            guard error.isAboutFile else { throw error }
            return nil
        }
    }

    /// Opens a directory in this one; nil if there is none, or it is not accessible.
    public func directoryIfUsable(_ path: some PathBytes) throws(SystemError) -> Directory? {
        do throws(SystemError) {
            return try directory(path)
        } catch {
            guard error.isAboutFile else { throw error }
            return nil
        }
    }

    /// Opens a directory in this one; nil if that fails, for any reason.
    public func directoryIfAny(_ path: some PathBytes) -> Directory? {
        // The caller leaves out its work with the directory.
        try? directory(path)
    }

    /// Opens a directory beneath this one as ``foreignDirectory(_:)`` does; nil if that fails, for any reason.
    public func foreignDirectoryIfAny(_ path: RelativePath) -> Directory? {
        // The caller leaves out its work with the directory.
        try? foreignDirectory(path)
    }

    /// The names in this directory that are UTF-8; none if it cannot be listed, for any reason.
    public func namesIfAny() -> [String] {
        // The caller leaves out its work with the names.
        (try? names()) ?? []
    }

    /// All names in this directory with their types; none if it cannot be listed, for any reason.
    public func entriesIfAny() -> [(name: FileName, kind: FileInformation.Kind?)] {
        // As above.
        (try? entries()) ?? []
    }
}

extension Descriptor {
    /// The result of fstat(2); nil if it fails, which it does only on a failing disk or for a file that a network
    /// filesystem has lost.
    public var informationIfAny: FileInformation? {
        // The caller takes the file for another one then.
        try? information()
    }
}

extension SystemError {
    /// The path does not lead to a file of the wanted type that is accessible and not too long. Repeating the call soon
    /// does not help.
    public var isAboutFile: Bool { isMissing || isAboutPath || code == EFBIG }
}

extension Host {
    /// At most about `limit` bytes of a file of /proc, /sys or /etc; nil if it cannot be read, for any reason.
    public static func content(ofSystemFile path: String, limit: Int) -> [UInt8]? {
        // A kernel, a container or an ended process may not have the file, and the caller manages without.
        try? Descriptor(reading: path).readStream(limit: limit)
    }
}
