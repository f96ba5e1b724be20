internal import Glibc
internal import HTTPTypes
internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import SpoolStore

/// A file of a job's on its way to a client. Whatever is in it, a browser keeps it and shows nothing.
final class JobFile: Sendable {
    private let file: FileBytes
    private let length: Int
    private let name: String

    /// Opens a file beneath a job's `work/`, through no link. Throws ENOENT and the like for what is not there.
    init(_ path: String, in job: borrowing JobDirectory) throws(SystemError) {
        file = FileBytes(try job.directory.directory("work").foreignFile(path))
        length = try file.size
        name = path.split(separator: "/").last.map(String.init) ?? "file"
    }

    /// Whether an error means that there is no such file: also a link, a way out (openat2(2)), a name too long.
    static func isAbsence(_ error: SystemError) -> Bool {
        [ENOENT, ENOTDIR, ELOOP, EXDEV, ENAMETOOLONG, EISDIR, EINVAL, ENXIO].contains(error.code)
    }

    /// The header fields of the answer.
    var fields: HTTPFields {
        [
            .contentType: "application/octet-stream", .contentLength: String(length), .xContentTypeOptions: "nosniff",
            .contentDisposition: "attachment; filename*=UTF-8''\(JobFile.encoded(name))",
            .contentSecurityPolicy: "default-src 'none'; sandbox",
        ]
    }

    /// Writes the content.
    ///
    /// - Parameters:
    ///   - socket: where bytes may go to without being read.
    ///   - body: takes all others.
    func write(
        on threads: NIOThreadPool, past socket: ClientSocket?, _ body: (ByteBuffer) async throws -> Void
    ) async throws {
        try await file.write(0..<length, on: threads, past: socket, body)
    }

    /// Percent-encodes what is no letter, digit or one of `-._` (RFC 8187 §3.2).
    private static func encoded(_ name: String) -> String {
        name.utf8.reduce(into: "") { text, byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            if isPlain || "-._".unicodeScalars.contains(scalar) {
                text.unicodeScalars.append(scalar)
            } else {
                text +=
                    "%" + String(byte >> 4, radix: 16, uppercase: true) + String(byte & 15, radix: 16, uppercase: true)
            }
        }
    }
}
