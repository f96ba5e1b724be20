internal import CLinux
internal import Glibc

/// What a filesystem was seen to do, and not to do, of what a tree of files may rely on.
public struct FilesystemProbe: Hashable, Sendable {
    /// Something that not every filesystem can do.
    public enum Ability: String, Hashable, Sendable, CaseIterable {
        /// rename(2) replaces a file at once.
        case replacingRename
        /// renameat2(2) with RENAME_NOREPLACE.
        case exclusiveRename
        /// symlink(2) and readlink(2), of a link that leads out of its directory.
        case symbolicLink
        /// flock(2) keeps others out.
        case lock
        /// fsync(2) of a file.
        case flush
        /// fsync(2) of a directory.
        case directoryFlush
        /// chmod(2), with an effect.
        case permissions
        /// inotify(7) tells of a name that comes, and of a link whose times change.
        case events
    }

    /// The filesystem's name in the kernel's list of mounts (proc_pid_mountinfo(5)): `ext4`, `nfs4`, `fuse.sshfs`; empty
    /// where that cannot be read.
    public var name: String
    /// What the filesystem cannot do, with the errno that it gave; 0 where a call said ok and had no effect. What failed
    /// for a reason that may go away, such as a full disk, is not among them.
    public var lacks: [Ability: Int32]

    /// A filesystem of a name that lacks some abilities.
    public init(name: String, lacks: [Ability: Int32] = [:]) {
        self.name = name
        self.lacks = lacks
    }

    /// Whether other machines may have the same files, which this kernel hears nothing of: a filesystem of a network, or one
    /// by FUSE, behind which anything may be.
    public var mayBeShared: Bool {
        let networks: Set = [
            "nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "afs", "lustre", "gpfs", "beegfs", "gfs2", "ocfs2", "virtiofs",
        ]
        return networks.contains(name) || name.hasPrefix("fuse")
    }
}

extension Directory {
    /// Tries what the directory's filesystem can do, in a directory of its own that is removed again. Takes a few
    /// milliseconds on a disk, two of them for flushes.
    public func probeFilesystem() -> FilesystemProbe {
        var probe = FilesystemProbe(name: filesystemName)
        let place = ".probe-\(getpid())"
        // Left by a process of this number that was killed here.
        try? removeTree(place)
        defer { try? removeTree(place) }
        // Where nothing can be written now there is nothing to try.
        guard (try? makeDirectory(place)) != nil, let directory = try? directory(place) else { return probe }
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
            // Newer versions of sshfs do not read links with two dots in them.
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
        // A watch that cannot be had is no fault of the filesystem: those of a user are limited.
        if let inotify = try? Inotify(), (try? inotify.watch(self, for: [.arrivals, .attributes])) != nil {
            tried(.events) { () throws(SystemError) in
                try makeDirectory("late")
                let arrivals = try inotify.events()
                try touch(contains("link") ? "link" : "two")
                guard !arrivals.isEmpty, try !inotify.events().isEmpty else {
                    throw SystemError(code: 0, operation: "watch")
                }
            }
        }
        tried(.directoryFlush) { () throws(SystemError) in _ = try retrying("flush a directory") { fsync(number) } }
        // A tree is removed by moving directories, which may be what cannot be done here.
        for name in ["closed", "late"] { try? removeDirectory(name) }
    }

    /// The name of the filesystem by the kernel's list of mounts; empty where that cannot be read.
    private var filesystemName: String {
        guard let proc = try? Directory(path: "/proc/self"),
            let facts = try? proc.file("fdinfo/\(descriptor.number)").readStream(limit: 4096),
            let mounts = try? proc.file("mountinfo").readStream(limit: 4 << 20)
        else { return "" }
        return Mounts.filesystem(facts: facts, mounts: mounts) ?? ""
    }
}

extension FilesystemProbe {
    /// Errors that say that the filesystem knows no such thing (errno(3)); EPERM is what links and modes get of FAT.
    private static let refusals: Set = [EINVAL, ENOSYS, EOPNOTSUPP, ENOLCK, EPERM, ENOTTY, EBADF, EXDEV]

    /// Notes what came of a try.
    mutating func note(_ ability: Ability, _ failure: SystemError?) {
        guard let failure, failure.code == 0 || FilesystemProbe.refusals.contains(failure.code) else { return }
        lacks[ability] = failure.code
    }
}
