internal import Glibc
public import LinuxSystem

/// The files that other processes have open now. Those of other users are visible to root only (proc(5), /proc/PID/fd).
public struct OpenFiles {
    private struct Key: Hashable {
        let device: UInt64, inode: UInt64
    }

    private var processes: [Key: Int32] = [:]

    /// Looks at all processes but this one.
    public init() {
        for pid in StoreUsers.names(in: "/proc").compactMap({ Int32($0) }) where pid != getpid() {
            for number in StoreUsers.names(in: "/proc/\(pid)/fd") {
                var found = stat()
                guard stat("/proc/\(pid)/fd/\(number)", &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
                    continue
                }
                processes[Key(device: UInt64(found.st_dev), inode: UInt64(found.st_ino))] = pid
            }
        }
    }

    /// A process that has a file open; nil if there is none.
    public func process(holding file: FileInformation) -> Int32? {
        processes[Key(device: file.device, inode: file.inode)]
    }
}
