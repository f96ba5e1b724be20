internal import Glibc
internal import LinuxSystem
internal import NIOCore

/// An archive as `multipart/form-data` (RFC 7578) in the field `archive`, read from its file while it is sent.
struct ArchiveForm: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    /// Bytes of one read.
    private static let chunk = 64 << 10

    /// The descriptor of the archive's file, which must stay open until the end.
    let archive: Int32
    /// The length of the archive in bytes.
    let size: Int
    /// Called with the number of the archive's bytes read so far.
    let progress: @Sendable (Int) -> Void
    private let boundary: String

    init(archive: Int32, size: Int, progress: @escaping @Sendable (Int) -> Void) {
        self.archive = archive
        self.size = size
        self.progress = progress
        var generator = SystemRandomNumberGenerator()
        // Two random numbers of 64 bits, so that no archive contains the boundary.
        boundary = String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
    }

    /// The value of Content-Type.
    var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    /// The length of the whole body in bytes.
    var length: Int { head.utf8.count + size + tail.utf8.count }

    private var head: String {
        "--\(boundary)\r\nContent-Disposition: form-data; name=\"archive\"; filename=\"project.zip\"\r\n"
            + "Content-Type: application/zip\r\n\r\n"
    }

    private var tail: String { "\r\n--\(boundary)--\r\n" }

    func makeAsyncIterator() -> Iterator { Iterator(form: self) }

    /// Continues where the last read ended.
    struct Iterator: AsyncIteratorProtocol {
        private enum Place {
            case head
            case archive(Int)
            case end
        }

        private let form: ArchiveForm
        private var place = Place.head

        init(form: ArchiveForm) {
            self.form = form
        }

        mutating func next() async throws -> ByteBuffer? {
            switch place {
            case .head:
                place = .archive(0)
                return ByteBuffer(string: form.head)
            case .archive(let offset) where offset < form.size:
                let bytes = try read(at: offset)
                place = .archive(offset + bytes.count)
                form.progress(offset + bytes.count)
                return ByteBuffer(bytes: bytes)
            case .archive:
                place = .end
                return ByteBuffer(string: form.tail)
            case .end:
                return nil
            }
        }

        private func read(at offset: Int) throws -> [UInt8] {
            let bytes = try readFile(form.archive, at: offset, limit: Swift.min(ArchiveForm.chunk, form.size - offset))
            guard !bytes.isEmpty else { throw ClientError(.usage, "the archive was cut short while it was sent") }
            return bytes
        }
    }
}

/// At most `limit` bytes of an open file from an offset; none at the end.
private func readFile(_ descriptor: Int32, at offset: Int, limit: Int) throws(SystemError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
        var result = -1
        repeat {
            result = pread(descriptor, buffer.baseAddress, limit, off_t(offset))
        } while result < 0 && errno == EINTR
        if result < 0 { code = errno }
        count = max(0, result)
    }
    guard code == 0 else { throw SystemError(code: code, operation: "read the archive") }
    return bytes
}
