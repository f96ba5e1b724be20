internal import CLinux
internal import Glibc

/// The results of trying the operations of a filesystem that a spool tree relies on.
public struct FilesystemProbe: Hashable, Sendable {
    /// An operation that some filesystems do not support.
    public enum Ability: String, Hashable, Sendable, CaseIterable {
        /// rename(2) that replaces a file.
        case replacingRename
        /// renameat2(2) with RENAME_NOREPLACE.
        case exclusiveRename
        /// symlink(2) and readlink(2) of a link that leads out of its directory.
        case symbolicLink
        /// flock(2) that excludes other open files.
        case lock
        /// fdatasync(2) of a file.
        case flush
        /// fsync(2) of a directory.
        case directoryFlush
        /// chmod(2) with an effect.
        case permissions
        /// inotify(7) events for a new name and for changed times of a link.
        case events
    }

    /// The filesystem's type in the kernel's mount table (proc_pid_mountinfo(5)): `ext4`, `nfs4`, `fuse.sshfs`; empty
    /// if that cannot be read.
    public var name: String
    /// The unsupported operations with their errno; 0 if a call succeeded without effect. Operations that failed for a
    /// temporary reason, such as a full disk, are not included.
    public var lacks: [Ability: Int32]

    /// A result with a type and the unsupported operations.
    public init(name: String, lacks: [Ability: Int32] = [:]) {
        self.name = name
        self.lacks = lacks
    }

    /// Whether other machines may change the same files without events on this machine: network filesystems, and FUSE,
    /// which may be backed by one.
    public var mayBeShared: Bool {
        let networks: Set = [
            "nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "afs", "lustre", "gpfs", "beegfs", "gfs2", "ocfs2", "virtiofs",
        ]
        return networks.contains(name) || name.hasPrefix("fuse")
    }
}

extension Directory {
    /// Tries the operations on the directory's filesystem, in a temporary directory that is removed again. This takes a
    /// few milliseconds on a disk and includes two flushes.
    public func probeFilesystem() -> FilesystemProbe {
        var probe = FilesystemProbe(name: mount()?.kind ?? "")
        let place = ".probe-\(getpid())"
        // Left over by a process with the same pid that was killed here.
        removeLeftoverTree(place)
        defer { removeLeftoverTree(place) }
        let directory: Directory
        do throws(SystemError) {
            try makeDirectory(place)
            directory = try self.directory(place)
        } catch {
            // If nothing can be written now, nothing can be tried.
            return probe
        }
        directory.tryEverything(named: place) { probe.note($0, $1) }
        return probe
    }

    private func tryEverything(named name: String, _ note: (FilesystemProbe.Ability, SystemError?) -> Void) {
        func tried(_ ability: FilesystemProbe.Ability, _ body: () throws(SystemError) -> Void) {
            do throws(SystemError) {
                try body()
                note(ability, nil)
            } catch {
                note(ability, error)
            }
        }
        let number = descriptor.number
        tried(.flush) { () throws(SystemError) in try writeDurably("new", [UInt8(ascii: "1")]) }
        tried(.exclusiveRename) { () throws(SystemError) in
            _ = try retrying("rename exclusively") { clinux_rename_exclusive(number, "new", number, "moved") }
        }
        tried(.replacingRename) { () throws(SystemError) in
            for name in ["one", "two"] { try file(name, O_WRONLY | O_CREAT).write([UInt8(ascii: "2")]) }
            try rename("one", to: "two")
        }
        tried(.symbolicLink) { () throws(SystemError) in
            // Newer versions of sshfs do not read links that contain `..`.
            try makeLink("link", to: "../\(name)/two")
            guard try target(ofLink: "link") == "../\(name)/two" else {
                throw SystemError(code: 0, operation: "make a link")
            }
        }
        tried(.lock) { () throws(SystemError) in
            let first = try file("two", O_RDWR)
            let second = try file("two", O_RDWR)
            guard try first.tryLock(), try !second.tryLock() else { throw SystemError(code: 0, operation: "lock") }
        }
        tried(.permissions) { () throws(SystemError) in
            try makeDirectory("closed")
            try setPermissions("closed", 0o500)
            guard try information("closed").permissions & 0o777 == 0o500 else {
                throw SystemError(code: 0, operation: "change a mode")
            }
        }
        tried(.events) { () throws(SystemError) in
            guard let inotify = watch() else { return }
            try makeDirectory("late")
            let arrivals = try inotify.events()
            try touch(contains("link") ? "link" : "two")
            guard !arrivals.isEmpty, try !inotify.events().isEmpty else {
                throw SystemError(code: 0, operation: "watch")
            }
        }
        tried(.directoryFlush) { () throws(SystemError) in _ = try retrying("flush a directory") { fsync(number) } }
        // Removing a tree moves directories, which may be unsupported here, so these are removed directly.
        for name in ["closed", "late"] { removeIfEmpty(name) }
    }

    /// A watch of this directory; nil if there cannot be one.
    private func watch() -> Inotify? {
        do throws(SystemError) {
            let inotify = try Inotify()
            _ = try inotify.watch(self, for: [.arrivals, .attributes])
            return inotify
        } catch {
            // Not caused by the filesystem: watches are limited for each user.
            return nil
        }
    }
}

extension FilesystemProbe {
    /// Errors of unsupported operations (errno(3)). FAT returns EPERM for links and modes.
    private static let refusals: Set = [EINVAL, ENOSYS, EOPNOTSUPP, ENOLCK, EPERM, ENOTTY, EBADF, EXDEV]

    /// Records the result of an operation.
    mutating func note(_ ability: Ability, _ failure: SystemError?) {
        guard let failure, failure.code == 0 || FilesystemProbe.refusals.contains(failure.code) else { return }
        lacks[ability] = failure.code
    }
}
