internal import Glibc
internal import HTTPTypes
internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import SpoolModel
internal import SpoolStore

/// A file of a job's on its way to a client. Whatever is in it, a browser keeps it and shows nothing.
final class JobFile: Sendable {
    private let file: FileBytes
    private let length: Int
    private let name: String

    /// Opens a file that a job wrote, by its path as ``JobFileList`` shows it, through no link. Throws ENOENT and the like
    /// for what is not there, and for what is the project's.
    ///
    /// - Parameter root: the spool's root.
    init(
        _ path: String, in job: borrowing JobDirectory, of project: ProjectName, root: borrowing Directory
    ) throws(SystemError) {
        let places = job.workPlaces()
        let parts = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var rest = path
        var place = places.first { $0.isCurrent }
        if parts.count == 2, let kept = places.first(where: { !$0.isCurrent && $0.name == parts[0] }) {
            place = kept
            rest = String(parts[1])
        }
        guard let place else { throw SystemError(code: ENOENT, operation: "open \(path)") }
        let work = try job.directory.directory(place.name)
        guard let found = ShownName.path(rest, in: work) else {
            throw SystemError(code: ENOENT, operation: "open \(path)")
        }
        let opened = try work.foreignFile(found)
        let originals = WorkOriginals(of: place, project: project, in: root)
        guard !originals.contain(try opened.information(), at: found, in: work) else {
            throw SystemError(code: ENOENT, operation: "open \(path)")
        }
        file = FileBytes(opened)
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
