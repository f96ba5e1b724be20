/// A line of /proc/self/mountinfo (proc(5)). Escapes such as `\040` for a space are kept.
public struct Mount: Hashable, Sendable {
    /// The filesystem's type: `ext4`, `fuse.sshfs`.
    public let kind: String
    /// The mounted device, or the filesystem's own name for its source.
    public let source: String
    /// The directory of the filesystem that is mounted.
    public let root: String
    /// The mount point.
    public let point: String

    /// Parses a line; nil if it is not valid.
    public init?(parsing line: Substring) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard let dash = words.firstIndex(of: "-"), dash >= 6, words.count > dash + 2 else { return nil }
        root = words[3]
        point = words[4]
        kind = words[dash + 1]
        source = words[dash + 2]
    }

    /// Finds the mount of an open file; nil where it is not in the table.
    ///
    /// - Parameters:
    ///   - facts: /proc/self/fdinfo/N of the file, which has a line `mnt_id:` (proc_pid_fdinfo(5)).
    ///   - table: /proc/self/mountinfo (proc_pid_mountinfo(5)).
    public init?(facts: [UInt8], table: [UInt8]) {
        let line = String(decoding: facts, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("mnt_id:") }
        guard let id = line?.split(whereSeparator: \.isWhitespace).last,
            let mount = String(decoding: table, as: UTF8.self).split(separator: "\n").first(where: {
                $0.hasPrefix("\(id) ")
            })
        else { return nil }
        self.init(parsing: mount)
    }

    /// The path within the filesystem that corresponds to a path of the machine, independent of the mount: `/a/spool`.
    /// Spaces and similar characters are escaped as in /proc/self/mountinfo.
    public func place(of path: String) -> String {
        let path = Mount.escaped(path)
        var rest = path[...]
        if point != "/" {
            guard path == point || path.hasPrefix("\(point)/") else { return path }
            rest = path.dropFirst(point.count)
        }
        let base = root == "/" ? "" : root
        let place = base + (rest == "/" ? "" : rest)
        return place.isEmpty ? "/" : place
    }

    /// Escapes the characters that would end a word or a line.
    public static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case " ": result += "\\040"
            case "\t": result += "\\011"
            case "\n": result += "\\012"
            case "\\": result += "\\134"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Directory {
    /// The mount that contains the directory; nil if /proc does not show it.
    public func mount() -> Mount? {
        guard let facts = Host.content(ofSystemFile: "/proc/self/fdinfo/\(descriptor.number)", limit: 1 << 16),
            let table = Host.content(ofSystemFile: "/proc/self/mountinfo", limit: 16 << 20)
        else { return nil }
        return Mount(facts: facts, table: table)
    }
}
