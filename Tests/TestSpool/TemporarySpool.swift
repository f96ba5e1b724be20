internal import Glibc
public import LinuxSystem
public import SpoolModel
public import SpoolStore

/// A spool of a test's own in a fresh directory, which goes with it.
public final class TemporarySpool: Sendable {
    /// Its absolute path.
    public let path: String
    /// The spool, open.
    public let spool: Spool

    /// Makes one.
    ///
    /// - Parameters:
    ///   - parent: where; nil for the usual place.
    ///   - keepsOrder: whether jobs are made as on a filesystem that keeps the order of changes; nil to find out.
    public init(in parent: String? = nil, keepsOrder: Bool? = nil) throws {
        path = try TemporarySpool.directory(in: parent)
        spool = try Spool.open(path, keepsOrder: keepsOrder).0
    }

    /// Makes an empty directory for a spool.
    public static func directory(in parent: String? = nil) throws -> String {
        var template = Array("\(parent ?? Host.environment("TMPDIR") ?? "/tmp")/spool-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError("make a temporary directory") }
        return String(cString: made)
    }

    deinit {
        let slash = path.lastIndex(of: "/")!
        try? Directory(path: String(path[..<slash])).removeTree(String(path[path.index(after: slash)...]))
    }

    /// A job that was asked for at an instant.
    public func job(
        _ state: JobState = .pending, at microseconds: Int64 = SystemClock.wall(), project: String = "shop",
        spider: String = "books"
    ) -> Job {
        var generator = SystemRandomNumberGenerator()
        let instant = Timestamp(microseconds: microseconds)
        return Job(
            metadata: JobMetadata(
                id: JobID(at: instant, using: &generator), actor: .user, schedule: "now",
                project: ProjectName(project)!, spider: SpiderName(spider)!, description: "", payload: "{}",
                created: instant),
            status: JobStatus(state, at: instant))
    }

    /// What stands in a directory of the tree, sorted.
    public func names(_ path: String) throws -> [String] {
        try spool.root.directory(path).names().sorted()
    }

    /// The content of a file of the tree.
    public func text(_ path: String) throws -> String {
        String(decoding: try spool.root.content(path), as: UTF8.self)
    }

    /// Whether a name is in the tree.
    public func contains(_ path: String) -> Bool {
        spool.root.contains(path)
    }

    /// The permission bits of a name in the tree.
    public func permissions(_ path: String) throws -> UInt32 {
        try spool.root.information(path).permissions
    }

    /// The path of a job's directory below the root.
    public func place(_ id: JobID) -> String {
        "jobs/\(id.day)/\(id)"
    }
}
