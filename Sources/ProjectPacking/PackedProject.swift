internal import Glibc
internal import LinuxSystem
internal import ProjectArchive

/// A project as a zip archive in a file without a name.
public final class PackedProject: Sendable {
    /// The name of the project, which is also that of the one directory at the archive's top.
    public let name: String
    /// How many files and links it holds.
    public let count: Int
    /// The length in bytes.
    public let size: Int
    private let file: Descriptor

    /// The archive's descriptor, open until this object is freed.
    public var descriptor: Int32 { file.number }

    /// Packs a project.
    ///
    /// - Parameter environment: the environment for git, as `NAME=value`.
    public init(_ project: ProjectFolder, environment: [String]) throws(PackingError) {
        let paths = try ProjectFiles(of: project, environment: environment).paths
        do throws(SystemError) {
            file = try AnonymousFile.make()
        } catch {
            throw PackingError(error.description)
        }
        do {
            var writer = try ArchiveWriter()
            try writer.open(into: file.number)
            for path in paths {
                try PackedProject.add(path, of: project, to: &writer)
            }
            try writer.finish()
        } catch let error as PackingError {
            throw error
        } catch {
            throw PackingError("the project cannot be packed: \(error)")
        }
        name = project.name
        count = paths.count
        do throws(SystemError) {
            size = Int(try file.information().size)
        } catch {
            throw PackingError(error.description)
        }
    }

    private static func add(
        _ path: String, of project: ProjectFolder, to writer: inout ArchiveWriter
    ) throws(PackingError) {
        let place = "\(project.path)/\(path)"
        let entry = "\(project.name)/\(path)"
        do {
            let root = try Directory(path: project.path)
            let information = try root.information(path)
            let modified = information.modified / 1_000_000_000
            guard information.kind == .file else {
                return try writer.add(link: entry, to: try root.target(ofLink: path), modified: modified)
            }
            try writer.begin(
                file: entry, size: information.size, isExecutable: information.permissions & 0o111 != 0,
                modified: modified)
            let size = try copy(try root.foreignFile(path), to: &writer, limit: information.size)
            guard size == information.size else { throw PackingError("\(place) changed while it was read; try again") }
        } catch let error as PackingError {
            throw error
        } catch let error as ArchiveWritingError {
            throw PackingError("the project cannot be packed: \(error)")
        } catch {
            throw PackingError("\(place) cannot be packed: \((error as? SystemError)?.reason ?? "\(error)")")
        }
    }

    /// Copies at most `limit` bytes and returns how many were read: more than `limit` if the file is longer.
    private static func copy(
        _ file: borrowing Descriptor, to writer: inout ArchiveWriter, limit: Int64
    ) throws -> Int64 {
        var offset: Int64 = 0
        while true {
            let bytes = try file.bytes(at: offset, limit: 256 << 10)
            offset += Int64(bytes.count)
            if bytes.isEmpty || offset > limit { return offset }
            try writer.write(bytes)
        }
    }
}
