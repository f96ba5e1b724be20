internal import CLinux
internal import Glibc

extension Descriptor {
    /// Writes the whole content of another file at this file's position. Blocks are shared where the filesystem
    /// supports it (copy_file_range(2), which makes reflinks). Returns the number of bytes.
    public func copy(from source: borrowing Descriptor) throws(SystemError) -> Int64 {
        var offset: Int64 = 0
        while true {
            let count = clinux_copy_range(source.number, offset, number, 1 << 30)
            guard count >= 0 else {
                if errno == EINTR { continue }
                // Errors for pairs of filesystems that do not support the call (copy_file_range(2), "ERRORS").
                let isUnable = [EXDEV, EOPNOTSUPP, ENOSYS, EINVAL, EPERM].contains(errno)
                guard isUnable, offset == 0 else { throw SystemError("copy a file") }
                return try copyBytes(from: source)
            }
            // On some filesystems whose files report no length, the first call returns 0.
            if count == 0 { return offset > 0 ? offset : try copyBytes(from: source) }
            offset += Int64(count)
        }
    }

    private func copyBytes(from source: borrowing Descriptor) throws(SystemError) -> Int64 {
        var offset: Int64 = 0
        while true {
            let bytes = try source.bytes(at: offset, limit: 1 << 20)
            if bytes.isEmpty { return offset }
            try write(bytes)
            offset += Int64(bytes.count)
        }
    }

    /// Calls a closure with the bytes from the start to the end, in pieces of at most a mebibyte.
    public func forEachPiece(_ body: ([UInt8]) -> Void) throws(SystemError) {
        var offset: Int64 = 0
        while true {
            let piece = try bytes(at: offset, limit: 1 << 20)
            if piece.isEmpty { return }
            body(piece)
            offset += Int64(piece.count)
        }
    }

    /// At most `limit` bytes from an offset; empty at the end.
    public func bytes(at offset: Int64, limit: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            do throws(SystemError) {
                count = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
