internal import Glibc
internal import LinuxSystem
internal import SpoolClient

/// A file that gets its name when it is complete. Until then it is `NAME.….part`, which is removed if it does not become
/// complete.
final class PartialFile {
    private let name: String
    private let partial: String
    private let file: Descriptor
    private var isComplete = false

    /// Creates the file. A regular file that is there under the name is replaced in the end; anything else is refused.
    init(at name: String) throws(ClientError) {
        self.name = name
        var present = stat()
        if lstat(name, &present) == 0, present.st_mode & S_IFMT != S_IFREG {
            throw ClientError(.usage, "\(name) is no regular file: name another one, or - for standard output")
        }
        // Another program, or a file of the user, may have a name that can be guessed.
        partial = "\(name).\(String(UInt32.random(in: 0...UInt32.max), radix: 36)).part"
        let number = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard number >= 0 else { throw PartialFile.failure("create", partial) }
        file = Descriptor(owning: number)
    }

    deinit {
        if !isComplete { unlink(partial) }
    }

    /// Appends bytes.
    func write(_ bytes: [UInt8]) throws(ClientError) {
        do throws(SystemError) {
            try file.write(bytes)
        } catch {
            throw ClientError(.usage, "\(partial) cannot be written: \(error.reason)")
        }
    }

    /// Gives the file its name.
    func complete() throws(ClientError) {
        guard rename(partial, name) == 0 else { throw PartialFile.failure("create", name) }
        isComplete = true
    }

    private static func failure(_ deed: String, _ name: String) -> ClientError {
        ClientError(.usage, "cannot \(deed) \(name): \(String(cString: strerror(errno)))")
    }
}
