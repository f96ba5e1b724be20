internal import Glibc
internal import HTTPTypes
internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import SpoolModel
internal import SpoolStore

/// A file of a job that is sent to a client. A browser saves it, whatever its content, and does not display it.
final class JobFile: Sendable {
    /// The length in bytes.
    let length: Int
    /// The validators of its content; nil while the job may write to it.
    let validators: Validators?
    /// The header fields of the answer.
    let fields: HTTPFields
    /// Whether a request for several ranges gets these, and not the whole file.
    let hasParts: Bool
    private let file: FileBytes

    /// Opens a file that a job wrote, by its path in ``JobFileList``, without following links. Throws ENOENT and the
    /// like for an absent file and for one of the project.
    ///
    /// - Parameters:
    ///   - hasEnded: whether the job has ended.
    ///   - spool: the job's spool.
    init(
        _ path: String, in job: borrowing JobDirectory, of project: ProjectName, hasEnded: Bool, spool: Spool
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
        let originals = WorkOriginals(of: place, project: project, in: spool)
        let information = try opened.information()
        guard !originals.contain(information, at: found, in: work) else {
            throw SystemError(code: ENOENT, operation: "open \(path)")
        }
        file = FileBytes(opened)
        length = Int(information.size)
        validators = hasEnded ? Validators(information, at: .now) : nil
        hasParts = false
        fields = JobFile.fields(of: path.split(separator: "/").last.map(String.init) ?? "file")
    }

    /// Whether an error means that there is no such file: also for a link, a path that leads outside (openat2(2)), a
    /// name too long.
    static func isAbsence(_ error: SystemError) -> Bool {
        [ENOENT, ENOTDIR, ELOOP, EXDEV, ENAMETOOLONG, EISDIR, EINVAL, ENXIO].contains(error.code)
    }

    /// An open file as it is now, with header fields of its own.
    init(_ opened: consuming Descriptor, _ fields: HTTPFields) throws(SystemError) {
        let information = try opened.information()
        length = Int(information.size)
        validators = Validators(information, at: .now, hasTag: false)
        self.fields = fields
        hasParts = true
        file = FileBytes(opened)
    }

    /// The header fields of a download.
    private static func fields(of name: String) -> HTTPFields {
        [
            .contentType: "application/octet-stream", .xContentTypeOptions: "nosniff",
            .contentDisposition: "attachment; filename*=UTF-8''\(JobFile.encoded(name))",
            .contentSecurityPolicy: "default-src 'none'; sandbox",
        ]
    }

    /// Writes the content.
    ///
    /// - Parameters:
    ///   - part: the requested bytes; nil for all.
    ///   - socket: sends bytes without passing them through this process's memory.
    ///   - body: writes all other bytes.
    func write(
        _ part: Range<Int>?, on threads: NIOThreadPool, past socket: ClientSocket?,
        _ body: (ByteBuffer) async throws -> Void
    ) async throws {
        try await file.write(part ?? 0..<length, on: threads, past: socket, body)
    }

    /// Percent-encodes all but letters, digits and `-._` (RFC 8187 §3.2).
    static func encoded(_ name: String) -> String {
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
