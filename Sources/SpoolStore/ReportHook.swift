internal import Glibc
internal import LinuxSystem
public import SpoolModel

/// The module by which crawls report, as a file of the spool: `report/<content>/sitecustomize.py`. Python imports it at
/// its start because its directory is first in PYTHONPATH.
public struct ReportHook: Sendable {
    /// The directory's name in the spool's root.
    public static let directory = "report"

    private static let module = "sitecustomize.py"
    /// The file in the directory of another version's module since whose creation that module is not used any more.
    private static let mark = "outdated"
    /// Seconds after which another version's module is removed: jobs that were started with its path have read it by
    /// then.
    private static let outdated: Int64 = 86_400

    /// The path of the spool's root.
    private let spool: String
    /// The path of the module's directory.
    private let place: String

    /// Writes the module into a spool, if it is missing, and removes outdated modules of other versions.
    ///
    /// - Parameter content: the module.
    /// - Returns: nil if the spool's path has a colon, which separates the paths in PYTHONPATH.
    public init?(in spool: Spool, content: [UInt8]) throws(SpoolError) {
        guard !spool.path.utf8.contains(UInt8(ascii: ":")) else { return nil }
        // FNV-1a: it only has to distinguish versions of the module.
        let sum = content.reduce(into: UInt64(0xcbf2_9ce4_8422_2325)) { $0 = ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let name = String(sum, radix: 16)
        self.spool = spool.path
        place = "\(spool.path)/\(ReportHook.directory)/\(name)"
        try doing("publish the module by which crawls report") { () throws(SystemError) in
            try spool.root.makeDirectoryIfMissing(ReportHook.directory)
            let hooks = try spool.root.directory(ReportHook.directory)
            try hooks.makeDirectoryIfMissing(name)
            let own = try hooks.directory(name)
            // A file that cannot be read counts as another one: replacing it reports the reason.
            if (try? own.content(ReportHook.module, limit: content.count + 1)) != content {
                try own.publish(ReportHook.module, content)
            }
            own.removeLeftover(ReportHook.mark)
            // Every user that can pass the directory above may read it, see ``letThrough(_:from:)``.
            try ReportHook.open(name, 0o755, in: hooks)
            try ReportHook.open(ReportHook.module, 0o644, in: own)
            ReportHook.removeOutdated(in: hooks, besides: name)
        }
    }

    private static func open(_ name: String, _ mode: UInt32, in directory: borrowing Directory) throws(SystemError) {
        guard try directory.information(name).permissions != mode else { return }
        try directory.setPermissions(name, mode)
    }

    /// Gives the user of jobs access to the module, if there is one.
    static func letThrough(_ account: Account, from root: borrowing Directory) throws(SystemError) {
        guard root.contains(directory) else { return }
        try root.directory(directory).letThrough(account.group)
    }

    private static func removeOutdated(in hooks: borrowing Directory, besides name: String) {
        let now = SystemClock.wall() / 1_000_000
        for other in hooks.namesIfAny() where other != name {
            guard let marked = hooks.informationIfAny("\(other)/\(mark)")?.modified else {
                // The module may have been in use until a moment ago. Without the mark it stays for longer.
                _ = try? hooks.directory(other).file(mark, O_WRONLY | O_CREAT | O_NONBLOCK)
                continue
            }
            if now - marked / 1_000_000_000 > outdated { hooks.removeLeftoverTree(other) }
        }
    }

    /// The path of the module.
    public var file: String { "\(place)/\(ReportHook.module)" }

    /// Whether the module can still be read.
    public var isThere: Bool { access(file, R_OK) == 0 }

    /// The environment of a job with the variables that its crawl needs to report.
    public func added(to variables: [String], of id: JobID) -> [String] {
        let name = "PYTHONPATH="
        let earlier = variables.first { $0.hasPrefix(name) }.map { $0.dropFirst(name.count) } ?? ""
        return variables.filter { !$0.hasPrefix(name) } + [
            name + place + (earlier.isEmpty ? "" : ":\(earlier)"),
            "SPOOL_REPORT=\(spool)/jobs/\(id.day)/\(id)/\(JobDirectory.report)",
        ]
    }
}
