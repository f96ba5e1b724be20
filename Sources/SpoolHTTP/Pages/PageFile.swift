internal import CPage
internal import Crypto
internal import NIOCore

/// A file of the page, which is inside of the program.
struct PageFile: Sendable {
    /// All of them, by their names.
    static let all: [String: PageFile] = {
        var files: [String: PageFile] = [:]
        var number = 0
        while let file = cpage_file(number)?.pointee {
            files[String(cString: file.name)] = PageFile(
                name: String(cString: file.name), bytes: UnsafeBufferPointer(start: file.bytes, count: file.count))
            number += 1
        }
        return files
    }()

    /// The content.
    let content: ByteBuffer
    /// Its media type.
    let type: String
    /// What tells one content from another (RFC 9110 §8.8.3), in its quotation marks.
    let tag: String

    private init(name: String, bytes: UnsafeBufferPointer<UInt8>) {
        content = ByteBuffer(bytes: bytes)
        type =
            if name.hasSuffix(".html") {
                "text/html; charset=utf-8"
            } else if name.hasSuffix(".css") {
                "text/css; charset=utf-8"
            } else if name.hasSuffix(".svg") {
                "image/svg+xml"
            } else {
                "text/javascript; charset=utf-8"
            }
        let digest = SHA256.hash(data: bytes).prefix(12).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        tag = "\"\(digest.joined())\""
    }
}
