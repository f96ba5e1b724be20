internal import Glibc

/// The processes that have a file open.
public enum StoreUsers {
    /// The ids of all processes that have the file open, except for this one. Those of other users are visible to root
    /// only (proc(5), /proc/PID/fd).
    public static func processes(holding path: String) -> [Int32] {
        var wanted = stat()
        guard stat(path, &wanted) == 0 else { return [] }
        return names(in: "/proc").compactMap { Int32($0) }.filter { pid in
            pid != getpid()
                && names(in: "/proc/\(pid)/fd").contains { number in
                    var found = stat()
                    return stat("/proc/\(pid)/fd/\(number)", &found) == 0 && found.st_dev == wanted.st_dev
                        && found.st_ino == wanted.st_ino
                }
        }.sorted()
    }

    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }
}
