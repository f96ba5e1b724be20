import Glibc
import LinuxSystem

/// Files as a person handles them, by their paths.
enum File {
    /// The whole content.
    static func bytes(_ path: String) throws -> [UInt8] {
        try Descriptor(reading: path).readStream(limit: 64 << 20)
    }

    /// The whole content as text.
    static func text(_ path: String) throws -> String {
        String(decoding: try bytes(path), as: UTF8.self)
    }

    /// Writes a file, replacing what is there.
    static func write(_ text: String, to path: String) throws {
        try write(Array(text.utf8), to: path)
    }

    /// Writes a file, replacing what is there.
    static func write(_ bytes: [UInt8], to path: String) throws {
        let number = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard number >= 0 else { throw SystemError("write \(path)") }
        try Descriptor(owning: number).write(bytes)
    }

    /// The names in a directory, sorted; none for one that is not there.
    static func names(_ path: String) -> [String] {
        (try? Directory(path: path).names().sorted()) ?? []
    }

    /// Renames.
    static func rename(_ path: String, to newPath: String) throws {
        guard Glibc.rename(path, newPath) == 0 else { throw SystemError("rename \(path)") }
    }

    /// Whether a name is there, whatever it is.
    static func exists(_ path: String) -> Bool {
        faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0
    }

    /// Whether a program is there.
    static func isProgram(_ path: String) -> Bool {
        access(path, X_OK) == 0
    }

    /// Makes a directory with those above it.
    static func makeDirectory(_ path: String) throws {
        _ = try Directory(making: path)
    }

    /// Where a symbolic link points.
    static func target(ofLink path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = readlink(path, &buffer, buffer.count)
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }
}
