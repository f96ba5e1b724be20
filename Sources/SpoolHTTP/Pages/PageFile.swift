internal import CPage
internal import Crypto
internal import NIOCore
internal import SpoolModel

/// A file of the page, embedded in the program.
struct PageFile: Sendable {
    /// All files, by their names.
    static let all: [String: PageFile] = {
        var files: [String: PageFile] = [:]
        var number = 0
        while let file = cpage_file(number)?.pointee {
            files[String(cString: file.name)] = PageFile(file)
            number += 1
        }
        return files
    }()

    /// The description of the API (OpenAPI 3.1).
    static let openAPI = PageFile(cpage_openapi().pointee)

    /// The content.
    let content: ByteBuffer
    /// Its media type.
    let type: String
    /// The entity tag of the content (RFC 9110 §8.8.3), in its quotation marks.
    let tag: String

    private init(_ file: cpage_file) {
        let name = String(cString: file.name)
        let bytes = UnsafeBufferPointer(start: file.bytes, count: file.count)
        content = ByteBuffer(bytes: bytes)
        type =
            if name.hasSuffix(".html") {
                "text/html; charset=utf-8"
            } else if name.hasSuffix(".css") {
                "text/css; charset=utf-8"
            } else if name.hasSuffix(".svg") {
                "image/svg+xml"
            } else if name.hasSuffix(".json") {
                "application/json"
            } else {
                "text/javascript; charset=utf-8"
            }
        tag = "\"\(SHA256.hash(data: bytes).prefix(12).hexadecimal)\""
    }
}
