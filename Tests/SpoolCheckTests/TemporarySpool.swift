import Glibc
import LinuxSystem
import SpoolModel
import SpoolStore

/// A spool of a test's own in a fresh directory, which goes with it.
final class TemporarySpool: Sendable {
    let path: String
    let spool: Spool

    init() throws {
        path = try TemporarySpool.directory()
        spool = try Spool.open(path).0
    }

    static func directory() throws -> String {
        var template = Array("\(Machine.environment("TMPDIR") ?? "/tmp")/spool-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError("make a temporary directory") }
        return String(cString: made)
    }

    deinit {
        let slash = path.lastIndex(of: "/")!
        try? Directory(path: String(path[..<slash])).removeTree(String(path[path.index(after: slash)...]))
    }

    /// A job that was asked for at an instant.
    func job(
        _ state: JobState = .pending, at microseconds: Int64 = Machine.wallClock(), project: String = "shop",
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
    func names(_ path: String) throws -> [String] {
        try spool.root.directory(path).names().sorted()
    }

    /// The content of a file of the tree.
    func text(_ path: String) throws -> String {
        String(decoding: try spool.root.content(path), as: UTF8.self)
    }

    /// Whether a name is in the tree.
    func contains(_ path: String) -> Bool {
        spool.root.contains(path)
    }

    /// The permission bits of a name in the tree.
    func permissions(_ path: String) throws -> UInt32 {
        try spool.root.information(path).permissions
    }

    /// The path of a job's directory below the root.
    func place(_ id: JobID) -> String {
        "jobs/\(id.day)/\(id)"
    }
}
