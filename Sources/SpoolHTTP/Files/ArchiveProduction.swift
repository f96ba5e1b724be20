internal import Glibc
internal import LinuxSystem
internal import ProjectArchive
internal import SpoolModel
internal import SpoolStore

/// The making of a ``JobArchive``, in steps that each read little.
struct ArchiveProduction: ~Copyable {
    /// The most bytes of a zip's directory.
    static let directoryLimit = 16 << 20
    /// Bytes read of a file at a time, and in a step.
    private static let chunk = 64 << 10, stepBytes = 1 << 20
    /// The names that a step looks at.
    private static let stepNames = 200
    /// Bytes after which a step ends.
    private static let outputBytes = 64 << 10
    /// Compression that costs little: spiders need the processors, and images gain nothing.
    private static let level = 1
    /// The most lines of the list of omissions.
    private static let mostOmissions = 1000

    /// A file that is being added.
    private final class Source {
        let file: Descriptor
        var offset: Int64 = 0
        let size: Int64

        init(_ file: consuming Descriptor) throws(SystemError) {
            size = try file.information().size
            self.file = file
        }
    }

    private let spool: Spool
    private let id: JobID
    private let format: ArchiveWriter.Format
    private let top: String
    private let job: JobDirectory
    private var writer: ArchiveWriter
    private var walk: JobFileWalk
    private var logs = ["job.err", "job.out"]
    private var source: Source?
    private var omissions: [String] = []
    private var omissionCount = 0
    private var directoryBytes = 0
    private var isFinished = false
    /// Whether nothing was added so far.
    private(set) var isEmpty = true

    /// Begins an archive.
    ///
    /// - Parameter top: the name of its one directory.
    init(of job: Job, in spool: Spool, as format: ArchiveWriter.Format, below top: String) throws {
        let directory = try spool.directory(of: job.id)
        let walk = try ArchiveProduction.walk(of: job, in: spool)
        var writer = try ArchiveWriter(format)
        try writer.open(level: ArchiveProduction.level)
        (self.spool, id, self.format, self.top) = (spool, job.id, format, top)
        self.job = directory
        self.walk = walk
        self.writer = writer
    }

    /// A walk through the files of a job. Names that a program on another system may take for paths, and names with control
    /// characters, are percent-encoded.
    static func walk(of job: Job, in spool: Spool) throws -> JobFileWalk {
        try JobFileWalk(in: try spool.directory(of: job.id), of: job.metadata.project, spool: spool, .unsorted) {
            name in
            name.unicodeScalars.contains { $0 == "\\" || $0.properties.generalCategory == .control }
        }
    }

    /// About how many bytes a file takes in a zip's directory, besides the name of the top directory.
    static func directoryBytes(of name: String) -> Int { name.utf8.count + 192 }

    /// Takes the bytes that were made.
    mutating func takeOutput() -> [UInt8] { writer.takeOutput() }

    /// Goes on for one step. False at the end, when only the output that was not taken is left.
    mutating func advance() throws -> Bool {
        guard !isFinished else { return false }
        var bytes = 0
        var names = 0
        while writer.outputCount < ArchiveProduction.outputBytes, bytes < ArchiveProduction.stepBytes,
            names < ArchiveProduction.stepNames
        {
            if let source {
                bytes += try copy(source)
                continue
            }
            names += 1
            if let log = logs.popLast() {
                try addLog(log)
            } else if let step = walk.next() {
                try add(step)
            } else {
                // Of a job that was deleted meanwhile files may be missing without a trace.
                guard spool.directoryIfAny(of: id) != nil else {
                    throw SystemError(code: ENOENT, operation: "read the files of job \(id), which was deleted")
                }
                try addOmissions()
                try writer.finish()
                isFinished = true
                break
            }
        }
        return true
    }

    /// Copies the next bytes of the file begun last, and returns how many.
    private mutating func copy(_ source: Source) throws -> Int {
        let left = source.size - source.offset
        guard left > 0 else {
            self.source = nil
            return 0
        }
        let limit = Int(min(left, Int64(ArchiveProduction.chunk)))
        var bytes = try source.file.bytes(at: source.offset, limit: limit)
        if bytes.isEmpty {
            // It has become shorter, and its length is in the archive already.
            bytes = [UInt8](repeating: 0, count: limit)
        }
        try writer.write(bytes)
        source.offset += Int64(bytes.count)
        return bytes.count
    }

    private mutating func addLog(_ name: String) throws {
        do throws(SystemError) {
            source = try Source(try job.directory.foreignFile(name))
        } catch {
            // A job that was not started has none.
            if !error.isGone { note("\(name): \(error.reason)") }
            return
        }
        try begin(name)
    }

    private mutating func add(_ step: JobFileWalk.Step) throws {
        switch step {
        case .other: return
        case .omission(let omission): note("files/\(omission.shown): \(omission.reason)")
        case .file(let file):
            if format.hasDirectory {
                directoryBytes += ArchiveProduction.directoryBytes(of: file.shown)
                // There were fewer when the archive was begun.
                guard directoryBytes <= ArchiveProduction.directoryLimit else {
                    return note("files/\(file.shown): too many files for a zip")
                }
            }
            do throws(SystemError) {
                source = try Source(try walk.open(file))
            } catch {
                // The job may have removed it, or put something else in its place.
                if !JobFile.isAbsence(error) || error.code == ENAMETOOLONG {
                    note("files/\(file.shown): \(error.reason)")
                }
                return
            }
            try begin("files/\(file.shown)")
        }
    }

    /// Begins an entry for the current source.
    private mutating func begin(_ name: String) throws {
        guard let source else { return }
        isEmpty = false
        let modified = try source.file.information().modificationTime.seconds
        try writer.begin(file: "\(top)/\(name)", size: source.size, modified: modified)
    }

    private mutating func note(_ line: String) {
        omissionCount += 1
        if omissions.count < ArchiveProduction.mostOmissions { omissions.append(line) }
    }

    private mutating func addOmissions() throws {
        guard omissionCount > 0 else { return }
        isEmpty = false
        let rest = omissionCount - omissions.count
        let lines = omissions + (rest > 0 ? ["and \(rest) more"] : [])
        let text = Array((lines.joined(separator: "\n") + "\n").utf8)
        try writer.begin(file: "\(top)/left-out.txt", size: Int64(text.count), modified: Timestamp.now.seconds)
        try writer.write(text)
    }
}
