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

    /// A digest of all files. The page loads them from a directory of this name: under such a path they never change, so
    /// a browser need not ask again for each of them.
    static let edition: String = {
        let tags = all.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.tag)" }
        return SHA256.hash(data: Array(tags.joined(separator: "\n").utf8)).prefix(8).hexadecimal
    }()

    /// The page itself, with the paths of its files.
    static let page: PageFile? = all["index.html"].map { page in
        PageFile(
            content: ByteBuffer(
                string: String(buffer: page.content).replacing("\"page/", with: "\"page/\(edition)/")),
            type: page.type, tag: page.tag)
    }

    /// The file with a path below `page/`, and whether it never changes under that path. The two documents have none.
    static func at(_ path: String) -> (file: PageFile, isLasting: Bool)? {
        let isLasting = path.hasPrefix(edition + "/")
        let name = isLasting ? String(path.dropFirst(edition.count + 1)) : path
        guard let file = all[name], !name.hasSuffix(".html") else { return nil }
        return (file, isLasting)
    }

    /// The description of the API (OpenAPI 3.1).
    static let openAPI = PageFile(cpage_openapi().pointee)

    /// The content.
    let content: ByteBuffer
    /// Its media type.
    let type: String
    /// The entity tag of the content (RFC 9110 §8.8.3), in its quotation marks.
    let tag: String

    private init(content: ByteBuffer, type: String, tag: String) {
        self.content = content
        self.type = type
        self.tag = tag
    }

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
