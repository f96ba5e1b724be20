import Glibc

/// A file that is open for writing.
struct OutputFile: ~Copyable {
    let descriptor: Int32

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// Writes all the bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = try retrying { Glibc.write(descriptor, piece.baseAddress, piece.count) }
            // write(2) returns 0 for no regular file; without this check the loop would never end.
            guard count > 0 else { throw .storage(EIO) }
            rest = rest.dropFirst(count)
        }
    }

    /// Closes the file. Filesystems with delayed writes report write errors here.
    consuming func close() throws(ArchiveError) {
        let descriptor = self.descriptor
        discard self
        // After EINTR the descriptor is closed all the same (close(2), Linux).
        guard Glibc.close(descriptor) == 0 || errno == EINTR else { throw .storage(errno) }
    }
}

/// The result of a system call that writes. The call is repeated after EINTR.
@discardableResult
func retrying<Result: BinaryInteger>(_ call: () -> Result) throws(ArchiveError) -> Result {
    while true {
        let result = call()
        if result >= 0 { return result }
        guard errno == EINTR else { throw .storage(errno) }
    }
}
