import Glibc
import LinuxSystem
import SpoolStore
import TestSpool
import Testing

@Suite("The filesystem below a spool")
struct FilesystemTests {
    @Test("A probe leaves nothing behind, and a filesystem that can do everything lacks nothing")
    func probe() throws {
        let temporary = try TemporarySpool()
        let probe = temporary.spool.tmp.probeFilesystem()
        #expect(!probe.name.isEmpty)
        // What the tests' own filesystem may lack is no fault of the probe.
        let known: Set<FilesystemProbe.Ability> = [.exclusiveRename, .directoryFlush]
        #expect(known.isSuperset(of: probe.lacks.keys), "\(probe)")
        #expect(try temporary.names("tmp").isEmpty)
        let filesystem = try temporary.spool.inspectFilesystem(lookInterval: 30)
        #expect(filesystem.probe == probe)
    }

    @Test("What a killed process has left of a probe is no obstacle")
    func leftovers() throws {
        let temporary = try TemporarySpool()
        let name = ".probe-\(getpid())"
        try temporary.spool.tmp.makeDirectory(name)
        try temporary.spool.tmp.directory(name).makeDirectory("closed")
        try temporary.spool.tmp.directory(name).setPermissions("closed", 0)
        let probe = temporary.spool.tmp.probeFilesystem()
        #expect(probe == temporary.spool.tmp.probeFilesystem())
        #expect(try temporary.names("tmp").isEmpty)
    }

    @Test("Where nothing can be written, nothing is said to be lacking")
    func unwritable() throws {
        let directory = try Directory(path: "/proc/self")
        let probe = directory.probeFilesystem()
        #expect(probe.name == "proc" && probe.lacks.isEmpty)
    }

    @Test(
        "A part of a spool that is another mount is named",
        .enabled(if: Host.effectiveUser == 0, "only root may mount something"),
        arguments: [("jobs", true), ("projects", true), ("incoming", true), ("quarantine", true), ("data", false)])
    func cutOff(part: String, isNeeded: Bool) throws {
        let temporary = try TemporarySpool()
        try temporary.spool.checkIsWhole()
        let path = "\(temporary.path)/\(part)"
        _ = mkdir(path, 0o700)
        // The same directory again: even that is a border.
        #expect(mount(path, path, nil, UInt(MS_BIND), nil) == 0)
        defer { umount(path) }
        // The directory below the mount is the one that was open before.
        let spool = try Spool.open(temporary.path).0
        if isNeeded {
            let error = #expect(throws: SpoolError.self) { try spool.checkIsWhole() }
            #expect(error?.code == .notSpool && error?.description.contains("\(part)/ apart") == true)
        } else {
            try spool.checkIsWhole()
        }
        for part in Spool.directories { #expect(try temporary.names(part).isEmpty) }
    }

    @Test(
        "Without what is essential there is a clear no",
        arguments: [
            (FilesystemProbe.Ability.replacingRename, EPERM, "renaming"), (.symbolicLink, EPERM, "symbolic links"),
            (.lock, ENOLCK, "locks"), (.lock, 0, "locks"), (.flush, EINVAL, "flush a file"),
        ])
    func essential(ability: FilesystemProbe.Ability, code: Int32, word: String) throws {
        let filesystem = SpoolFilesystem(
            FilesystemProbe(name: "vfat", lacks: [ability: code, .exclusiveRename: EINVAL]), lookInterval: 30)
        let obstacle = try #require(filesystem.obstacle)
        #expect(obstacle.contains(word) && obstacle.contains("(vfat)"), "\(obstacle)")
        #expect(obstacle.contains("another filesystem"))
        #expect(obstacle.contains(SystemError(code: code, operation: "").reason) == (code != 0))
    }

    @Test("Who uses sshfs learns how to mount it")
    func sshfs() {
        let filesystem = SpoolFilesystem(
            FilesystemProbe(name: "fuse.sshfs", lacks: [.symbolicLink: EPERM]), lookInterval: 30)
        #expect(filesystem.obstacle?.contains("-o no_contain_symlinks") == true)
    }

    @Test(
        "What else is lacking is said with what follows",
        arguments: [
            (FilesystemProbe.Ability.exclusiveRename, EINVAL, "plain renames", false),
            (.directoryFlush, EINVAL, "loss of power", true), (.permissions, 0, "keeps no permissions", true),
            (.events, 0, "within 30 s", true),
        ])
    func lacking(ability: FilesystemProbe.Ability, code: Int32, word: String, isWarning: Bool) throws {
        let filesystem = SpoolFilesystem(FilesystemProbe(name: "ext4", lacks: [ability: code]), lookInterval: 30)
        #expect(filesystem.obstacle == nil)
        let remark = try #require(filesystem.remarks.first)
        #expect(filesystem.remarks.count == 1)
        #expect(remark.text.contains(word) && remark.text.contains("(ext4)"), "\(remark.text)")
        #expect(remark.isWarning == isWarning)
    }

    @Test(
        "A filesystem that other machines may have too is named",
        arguments: [
            ("nfs", true), ("nfs4", true), ("cifs", true), ("9p", true), ("ceph", true), ("fuse.sshfs", true),
            ("fuse", true), ("fuseblk", true), ("ext4", false), ("xfs", false), ("btrfs", false), ("tmpfs", false),
            ("overlay", false), ("zfs", false), ("", false),
        ])
    func shared(name: String, mayBeShared: Bool) {
        let filesystem = SpoolFilesystem(FilesystemProbe(name: name), lookInterval: 2)
        #expect(filesystem.remarks.count == (mayBeShared ? 1 : 0))
        #expect(filesystem.remarks.allSatisfy { $0.text.contains("within 2 s") && $0.text.contains(name) })
    }

    @Test(
        "The name of a filesystem is found by the mount of an open file",
        arguments: [
            ("pos:\t0\nflags:\t02\nmnt_id:\t29\nino:\t7\n", "ext4"), ("mnt_id:\t30\n", "fuse.sshfs"),
            ("mnt_id: 31\n", "nfs4"), ("mnt_id:\t3\n", nil), ("mnt_id:\t\n", nil), ("mnt_id:", nil), ("", nil),
            ("mnt_id:\t99999999999999999999999\n", nil), ("mnt_id:\t32\n", nil), ("mnt_id:\t33\n", nil),
        ] as [(String, String?)])
    func mounts(facts: String, name: String?) {
        let mounts = """
            29 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/root rw
            30 29 0:50 / /mnt/with\\040space rw,nosuid - fuse.sshfs me@there:/x rw,user_id=0
            31 29 0:51 / /mnt/nfs rw - nfs4 server:/x rw,local_lock=none
            32 29 0:52 / /cut rw -
            33

            """
        #expect(Mount(facts: Array(facts.utf8), table: Array(mounts.utf8))?.kind == name)
    }
}
