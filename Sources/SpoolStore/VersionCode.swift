internal import Glibc
public import LinuxSystem
public import SpoolModel

/// The code of one version of a project: the content of its archive, unpacked once and immutable.
public struct VersionCode: ~Copyable, Sendable {
    /// The directory `code/` with the content of the archive.
    public let code: Directory
    /// The path in `code/` of the directory in which `scrapy` runs.
    public let top: RelativePath

    /// The code in an open `code/`.
    ///
    /// - Parameter directory: the directory in it in which `scrapy` runs (``ProjectMetadata/directory``).
    public init(_ code: consuming Directory, directory: String) {
        self.code = code
        top = VersionCode.path(directory)
    }

    private static func path(_ directory: String) -> RelativePath {
        directory == "." ? RelativePath() : RelativePath([FileName(directory)])
    }

    /// Finds the code of a version in a spool.
    ///
    /// Throws ENOENT if the version or its code is gone.
    ///
    /// - Parameter root: the spool's root.
    public init(of project: ProjectName, version: Int, in root: borrowing Directory) throws(SystemError) {
        let place = try root.directory("projects/\(project)")
        let version = try place.directory("versions/\(version)")
        let code = try version.directory("code")
        let top = try VersionCode.top(of: code, in: version, of: place)
        self.code = code
        self.top = top
    }

    private static func top(
        of code: borrowing Directory, in version: borrowing Directory, of project: borrowing Directory
    ) throws(SystemError) -> RelativePath {
        let entries = try code.entries()
        // Most archives have a single directory at the top. The project's metadata describes only its current version.
        if entries.count == 1, entries[0].kind != .file { return RelativePath([entries[0].name]) }
        let named = try version.contentIfUsable("metadata.json", limit: 16 << 20)
            .flatMap { VersionMetadata(parsing: $0)?.directory }
        let known = try project.contentIfUsable("metadata.json", limit: 16 << 20)
            .flatMap { ProjectMetadata(parsing: $0)?.directory }
        guard let directory = named ?? known else {
            throw SystemError(code: ENOENT, operation: "find the project in its code")
        }
        let top = path(directory)
        guard try code.information(top).kind == .directory else {
            throw SystemError(code: ENOENT, operation: "open the directory \(directory)")
        }
        return top
    }

    /// The facts of the code's file for a path in a job's `work/`, through links of the archive; nil if there is none.
    public func original(of path: RelativePath) -> FileInformation? {
        // A file without an original counts as the job's own.
        try? code.destination(of: RelativePath(top.names + path.names)).information()
    }

    /// Opens the code's file for a path in a job's `work/`, through links of the archive.
    public func open(_ path: RelativePath) throws(SystemError) -> Descriptor {
        let place = try code.destination(of: RelativePath(top.names + path.names))
        return try Descriptor(reading: "/proc/self/fd/\(place.number)")
    }
}
