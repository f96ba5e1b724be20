/// A mount, as a line of /proc/self/mountinfo says it (proc(5)), whose way of writing spaces (`\040`) is kept.
public struct Mount: Hashable, Sendable {
    /// The filesystem's name: `ext4`, `fuse.sshfs`.
    public let kind: String
    /// What is mounted: a device, or whatever the filesystem calls its source.
    public let source: String
    /// The directory of the filesystem that is mounted.
    public let root: String
    /// Where it is mounted.
    public let point: String

    /// Reads a line; nil for what is none.
    public init?(parsing line: Substring) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard let dash = words.firstIndex(of: "-"), dash >= 6, words.count > dash + 2 else { return nil }
        root = words[3]
        point = words[4]
        kind = words[dash + 1]
        source = words[dash + 2]
    }

    /// Where a path is within the filesystem, whatever the directory that is mounted of it and where: `/a/spool`.
    /// Spaces and the like are written as in /proc/self/mountinfo.
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

    /// A path without what would end a word or a line.
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
    /// The mount that the directory is on; nil where /proc does not say it.
    public func mount() -> Mount? {
        // What cannot be read says nothing, and the caller does without.
        guard let process = try? Directory(path: "/proc/self"),
            let facts = try? process.content("fdinfo/\(descriptor.number)", limit: 1 << 16),
            let table = try? process.content("mountinfo", limit: 16 << 20)
        else { return nil }
        let line = String(decoding: facts, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("mnt_id:") }
        guard let id = line?.split(whereSeparator: \.isWhitespace).last else { return nil }
        return String(decoding: table, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("\(id) ") }
            .flatMap { Mount(parsing: $0) }
    }
}
