import Glibc
import LinuxSystem
import SpoolModel
import SpoolStore
import TestSpool
import Testing

@Suite("A spool and its copies")
struct SpoolIdentityTests {
    private static func facts(_ change: (inout SpoolFacts) -> Void = { _ in }) -> SpoolFacts {
        var facts = SpoolFacts()
        facts.inode = 12
        facts.birth = 1_000
        facts.rootInode = 11
        facts.rootBirth = 900
        facts.filesystem = "ef53"
        facts.place = "ext4 /dev/sda1 /spool"
        facts.volume = "plain#1"
        facts.disks = ["naa.5000#1"]
        facts.machine = "a"
        facts.mark = "m"
        change(&facts)
        return facts
    }

    private static func sight(
        mark: SpoolSight.Mark = .present(["m": 1_000]), modified: Int64 = 1_000, changed: Int64 = 1_000,
        snapshot: Int64? = nil, isOverlay: Bool = false,
        isContainer: Bool = false, _ change: (inout SpoolFacts) -> Void = { _ in }
    ) -> SpoolSight {
        var facts = facts(change)
        facts.mark = nil
        return SpoolSight(
            facts: facts, mark: mark, modified: modified, changed: changed, snapshotBirth: snapshot,
            isOverlay: isOverlay,
            isContainer: isContainer)
    }

    /// What was seen, beside what was recorded, and what follows.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let recorded: SpoolFacts
        let sight: SpoolSight
        let identity: SpoolIdentity

        init(_ text: String, _ recorded: SpoolFacts, _ sight: SpoolSight, _ identity: SpoolIdentity) {
            testDescription = text
            self.recorded = recorded
            self.sight = sight
            self.identity = identity
        }

        /// A spool on ext4 that was made by this program.
        init(_ text: String, _ sight: SpoolSight, _ identity: SpoolIdentity) {
            self.init(text, SpoolIdentityTests.facts(), sight, identity)
        }
    }

    private static let onFiles = [
        Case("nothing has changed", sight(), .original),
        Case("mounted elsewhere", sight { $0.place = "ext4 /dev/sdb1 /spool" }, .original),
        Case("chmod of format", sight(changed: 2_000), .original),
        Case("the mark is gone", sight(mark: .absent), .original),
        Case(
            "rsync -a to a fresh filesystem, the same inode", sight(mark: .absent) { $0.birth = 2_000 },
            .copy(.otherFile)),
        Case("cp -a, the same inode", sight(changed: 2_000) { $0.birth = 2_000 }, .copy(.otherFile)),
        Case("the same moment of birth", sight { $0.inode = 13 }, .copy(.otherFile)),
        Case("no time of birth, another inode", facts { $0.birth = nil }, sight { $0.inode = 13 }, .copy(.otherFile)),
        Case("no time of birth, no mark", facts { $0.birth = nil }, sight(mark: .absent), .copy(.noMark)),
        Case("no time of birth", facts { $0.birth = nil }, sight { $0.birth = nil }, .original),
        Case(
            "cp -al",
            sight {
                $0.rootBirth = 2_000; $0.rootInode = 20
            }, .copy(.otherRoot)),
        Case(
            "cp -al, no time of birth",
            sight {
                $0.rootBirth = nil; $0.rootInode = 20
            }, .copy(.otherRoot)),
        Case("no facts at all", SpoolFacts(parsing: Array("scrapy-spool 1\n".utf8)), sight(), .copy(.unmarked)),
        Case("on another kind of filesystem", sight { $0.filesystem = "58465342" }, .copy(.otherFilesystem)),
        Case("a lower layer", sight(isOverlay: true) { $0.filesystem = "794c7630" }, .copy(.otherFilesystem)),
        Case(
            "a lower layer, through FUSE",
            sight(isOverlay: true) {
                $0.filesystem = "65735546"; $0.birth = nil
            },
            .copy(.otherFilesystem)),
        Case(
            "seen through bindfs",
            sight {
                $0.filesystem = "65735546"; $0.birth = nil; $0.volume = nil
            }, .original),
        Case(
            "an upper layer mounted again", facts { $0.filesystem = "794c7630" },
            sight(isOverlay: true) {
                $0.filesystem = "794c7630"; $0.inode = 40; $0.rootInode = 4
            }, .original),
        Case(
            "a snapshot",
            facts {
                $0.filesystem = "9123683e"; $0.subvolume = "256"
            },
            sight {
                $0.filesystem = "9123683e"; $0.subvolume = "257"
            }, .copy(.snapshot)),
        Case(
            "a subvolume mounted again",
            facts {
                $0.filesystem = "9123683e"; $0.subvolume = "256"
            },
            sight {
                $0.filesystem = "9123683e"; $0.subvolume = "256"; $0.place = nil
            }, .original),
    ]

    private static let oldRecords = [
        Case("an old spool", facts(old), sight(), .original),
        Case("an old spool, no time of birth", facts(old), sight { $0.birth = nil }, .original),
        Case(
            "an old one whose time is out of the world", facts(old), sight(modified: .min) { $0.birth = .max },
            .copy(.laterBirth)),
        Case("a snapshot of an old one", facts(old), sight(snapshot: 2_000), .copy(.snapshot)),
        Case("an old one that was released in a snapshot", facts(old), sight(snapshot: 500), .original),
        Case("a copy of an old one", facts(old), sight { $0.inode = 13 }, .copy(.otherFile)),
        Case(
            "rsync -a of an old one, the same inode by chance", facts(old), sight { $0.birth = 9_000_000_000 },
            .copy(.laterBirth)),
    ]

    /// What an older program recorded.
    private static func old(_ facts: inout SpoolFacts) {
        let inode = facts.inode
        facts = SpoolFacts()
        facts.inode = inode
    }

    private static let onDevices = [
        Case("blocks on another disk", sight { $0.disks = ["naa.6000#1"] }, .copy(.otherDevice)),
        Case(
            "blocks on another partition",
            sight {
                $0.volume = "plain#2"; $0.disks = ["naa.5000#2"]
            }, .copy(.otherDevice)),
        Case(
            "blocks in a file",
            sight {
                $0.volume = "loop 7.70 /x"; $0.disks = []
            }, .copy(.otherDevice)),
        Case("the disk in another machine", sight { $0.machine = "b" }, .original),
        Case(
            "a disk that says nothing, in another machine",
            sight {
                $0.machine = "b"; $0.disks = []
            },
            .copy(.otherMachine)),
        Case(
            "the same in a container",
            sight(isContainer: true) {
                $0.machine = "b"; $0.disks = []
            },
            .unknown(.otherMachine)),
        Case(
            "no machine-id yet",
            sight {
                $0.machine = nil; $0.disks = []
            }, .original),
        Case(
            "one disk of a mirror replaced", facts { $0.disks = ["a", "b"] }, sight { $0.disks = ["b", "c"] }, .original
        ),
        Case("another loop device", loop("7.70 /x"), onLoop("7.70 /x"), .original),
        Case("its file renamed", loop("7.70 /x"), onLoop("7.70 /y"), .original),
        Case("its file cannot be looked at", loop("7.70 /x"), onLoop("- /x"), .original),
        Case("a copy of its file", loop("7.70 /x"), onLoop("8.80 /y"), .copy(.otherDevice)),
        Case("a copy of its file at its place", loop("7.70 /x"), onLoop("8.80 /x"), .copy(.otherDevice)),
        Case(
            "its file on a copy of the machine", loop("7.70 /x"), onLoop("7.70 /x") { $0.machine = "b" },
            .copy(.otherMachine)),
        Case(
            "a snapshot of a logical volume", volume("dm LVM-a"), sight { $0.volume = "dm LVM-b" }, .copy(.otherDevice)),
        Case(
            "a logical volume on other disks", volume("dm LVM-a"),
            sight {
                $0.volume = "dm LVM-a"; $0.disks = ["z"]
            },
            .original),
        Case(
            "copies of the disks in another machine", volume("dm LVM-a"),
            sight {
                $0.volume = "dm LVM-a"; $0.disks = ["z"]; $0.machine = "b"
            }, .copy(.otherMachine)),
        Case(
            "the disks in another machine", volume("dm LVM-a"),
            sight {
                $0.volume = "dm LVM-a"; $0.machine = "b"
            },
            .original),
        Case(
            "a shared filesystem, another machine",
            facts {
                $0.filesystem = "6969"; $0.volume = nil; $0.disks = []
            },
            sight {
                $0.filesystem = "6969"; $0.volume = nil; $0.disks = []; $0.machine = "b"
            }, .original),
    ]

    private static func loop(_ file: String) -> SpoolFacts {
        facts {
            $0.volume = "loop \(file)"; $0.disks = []
        }
    }

    private static func onLoop(_ file: String, _ change: (inout SpoolFacts) -> Void = { _ in }) -> SpoolSight {
        sight {
            $0.volume = "loop \(file)"; $0.disks = []; change(&$0)
        }
    }

    private static func volume(_ name: String) -> SpoolFacts {
        facts { $0.volume = name }
    }

    private static let onFUSE = [
        Case("mounted again, the mark kept", through("m"), seenThrough(.present(["m": 1_000])), .original),
        Case(
            "mounted elsewhere, the mark kept", through("m"), seenThrough(.present(["m": 1_000]), at: "/b"), .original),
        Case(
            "a write of the mark was interrupted", through("m"), seenThrough(.present(["l": 0, "m": 1_000])), .original),
        Case("rsync -a", through("m"), seenThrough(.absent), .copy(.noMark)),
        Case("a spool of another one", through("m"), seenThrough(.present(["n": 1_000])), .copy(.otherMark)),
        Case("cp -a beside it", through("m"), seenThrough(.present(["m": 500]), at: "/b"), .copy(.otherPlace)),
        Case("cp -a to its place, or a chmod", through("m"), seenThrough(.present(["m": 500])), .unknown(.indistinct)),
        Case("no attributes, its place", through(nil), seenThrough(.unsupported), .unknown(.indistinct)),
        Case("no attributes, another place", through(nil), seenThrough(.unsupported, at: "/b"), .copy(.otherPlace)),
        Case(
            "a time of birth after all", through("m") { $0.birth = 1_000 },
            seenThrough(.absent) { $0.birth = 1_000 }, .original),
        Case(
            "another time of birth", through("m") { $0.birth = 1_000 },
            seenThrough(.present(["m": 1_000])) { $0.birth = 2_000 }, .copy(.otherFile)),
    ]

    private static func through(_ mark: String?, _ change: (inout SpoolFacts) -> Void = { _ in }) -> SpoolFacts {
        facts {
            $0.birth = nil
            $0.rootBirth = nil
            $0.filesystem = "65735546"
            $0.place = "fuse.x src /a"
            $0.volume = nil
            $0.mark = mark
            change(&$0)
        }
    }

    private static func seenThrough(
        _ mark: SpoolSight.Mark, at place: String = "/a", _ change: (inout SpoolFacts) -> Void = { _ in }
    ) -> SpoolSight {
        var sight = sight(mark: mark)
        sight.facts = through(nil, change)
        sight.facts.inode = 99
        sight.facts.rootInode = 98
        sight.facts.place = "fuse.x src \(place)"
        return sight
    }

    @Test("A tree is told by what is recorded and what is seen", arguments: onFiles + oldRecords + onDevices + onFUSE)
    func decision(of example: Case) {
        #expect(SpoolIdentity(of: example.recorded, seen: example.sight) == example.identity)
    }

    @Test("What is recorded is read again, and what is not known is left out")
    func file() {
        var facts = SpoolIdentityTests.facts {
            $0.disks = ["a b", "c=d"]; $0.place = "fuse.sshfs h:/x /a\\040b"
        }
        #expect(SpoolFacts(parsing: facts.file) == facts)
        #expect(String(decoding: facts.file, as: UTF8.self).hasPrefix("scrapy-spool 1\ninode=12\n"))
        facts.subvolume = "256"
        #expect(SpoolFacts(parsing: facts.file + Array("shape=round\nnothing\n".utf8)) == facts)
        let wild = "scrapy-spool 1\ninode=99999999999999999999999\nbirth=x\n\u{0}\n=\n"
        #expect(SpoolFacts(parsing: Array(wild.utf8)) == SpoolFacts())
    }

    @Test("A mount says where a path is, whatever is mounted of it")
    func mounts() throws {
        let line = "36 35 0:42 /sub /mnt/a\\040b rw,noatime master:1 - fuse.sshfs me@host:/srv rw,user_id=0"
        let mount = try #require(Mount(parsing: Substring(line)))
        #expect(mount.kind == "fuse.sshfs" && mount.source == "me@host:/srv")
        #expect(mount.place(of: "/mnt/a b/spool x") == "/sub/spool\\040x")
        #expect(mount.place(of: "/mnt/a b") == "/sub")
        let root = try #require(Mount(parsing: "27 1 254:0 / / rw - ext4 /dev/vda rw"))
        #expect(root.place(of: "/srv/spool") == "/srv/spool" && root.place(of: "/") == "/")
        #expect(Mount(parsing: "36 35 0:42 / /mnt rw") == nil && Mount(parsing: "") == nil)
    }

    @Test("A spool that an older program has made stays the spool, and gets what tells it from copies")
    func upgrade() throws {
        let temporary = try TemporarySpool()
        try temporary.spool.root.writeDurably("other", Array("scrapy-spool 1\n".utf8))
        let inode = try temporary.spool.root.information("other").inode
        try temporary.spool.root.writeDurably("other", Array("scrapy-spool 1\ninode=\(inode)\n".utf8))
        try temporary.spool.root.rename("other", to: "format")
        #expect(try temporary.spool.identity() == .original)
        try temporary.spool.completeFormat()
        #expect(try temporary.spool.identity() == .original)
        let facts = SpoolFacts(parsing: try temporary.spool.root.content("format"))
        #expect(try facts.inode == temporary.spool.root.information("format").inode && facts.filesystem != nil)
        let written = try temporary.spool.root.content("format")
        try temporary.spool.completeFormat()
        #expect(try temporary.spool.root.content("format") == written)
    }

    @Test("What other trees share by hard links becomes the tree's own, with mode and time, and is left alone there")
    func separate() throws {
        let temporary = try TemporarySpool()
        let spool = temporary.spool
        let job = temporary.job()
        try spool.create(job)
        let place = temporary.place(job.id)
        let names = ["\(place)/job.out", "\(place)/.status.spare", "data/items.db"]
        _ = try spool.root.subdirectory("data")
        for name in names + ["lock"] {
            if !spool.root.contains(name) { try spool.root.file(name, O_RDWR | O_CREAT).write(Array("old\n".utf8)) }
        }
        for (number, name) in names.enumerated() {
            #expect(link("\(temporary.path)/\(name)", "\(temporary.path)/elsewhere-\(number)") == 0)
        }
        let before = try spool.root.information("data/items.db")
        try spool.release()
        for name in names { #expect(try spool.root.information(name).links == 1, "\(name)") }
        let after = try spool.root.information("data/items.db")
        #expect(after.inode != before.inode && after.modified == before.modified)
        #expect(after.permissions == before.permissions)
        #expect(try temporary.text("data/items.db") == "old\n" && temporary.text("elsewhere-0") == "old\n")
        // The last status goes into room that is the job's own.
        #expect(link("\(temporary.path)/\(place)/.status.spare", "\(temporary.path)/spare") == 0)
        try spool.directory(of: job.id).finish(JobStatus(.canceled, at: Timestamp(microseconds: 1)))
        #expect(try spool.root.content("spare") == [UInt8](repeating: UInt8(ascii: "\n"), count: 1024))
        #expect(try spool.job(job.id).status.state == .canceled)
    }

    @Test("A format that could not be read at first does not count as rewritten, which would release a held spool")
    func unreadFormat() {
        let (one, other) = (Array("scrapy-spool 1\ninode=1\n".utf8), Array("scrapy-spool 1\ninode=2\n".utf8))
        var unread = FormatWatch(first: nil)
        #expect([one, one, other, other, one].map { unread.isRewritten($0) } == [false, false, true, true, false])
        var read = FormatWatch(first: one)
        #expect([one, other].map { read.isRewritten($0) } == [false, true])
    }

    @Test("Two generations that share their files are served beside each other")
    func locks() throws {
        let temporary = try TemporarySpool()
        _ = try temporary.spool.takeEngineLock().number
        let copy = try TemporarySpool()
        for name in ["format", "lock"] {
            try? copy.spool.root.remove(name)
            #expect(link("\(temporary.path)/\(name)", "\(copy.path)/\(name)") == 0)
        }
        #expect(try copy.spool.identity() == .copy(.otherRoot))
        // The first lock may still be held by a process that another test was starting.
        let lock = try temporary.spool.takeEngineLock(patience: 60_000)
        let other = try copy.spool.takeEngineLock(patience: 60_000)
        #expect(throws: SpoolError.self) { _ = try copy.spool.takeEngineLock() }
        #expect(try temporary.spool.identity() == .original)
        try copy.spool.release()
        #expect(try temporary.spool.identity() == .original && copy.spool.identity() == .original)
        _ = (lock.number, other.number)
    }
}
