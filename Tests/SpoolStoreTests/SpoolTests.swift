import Glibc
import LinuxSystem
import SpoolModel
import SpoolStore
import Synchronization
import TestSpool
import Testing

@Suite("The tree")
struct SpoolTests {
    @Test("An absent directory becomes a spool, and is one the next time")
    func absent() throws {
        let parent = try TemporarySpool.directory()
        let path = parent + "/a/b"
        guard case .made = try Spool.open(path).1 else { throw SystemError(code: 0, operation: "make") }
        guard case .present = try Spool.open(path).1 else { throw SystemError(code: 0, operation: "open") }
        let permissions = try Directory(path: path).information("active").permissions
        #expect(permissions == 0o700)
    }

    @Test("A directory with something else in it is refused by name, and left as it was")
    func foreign() throws {
        let path = try TemporarySpool.directory()
        let directory = try Directory(path: path)
        try directory.writeDurably("thesis.txt", [65])
        let error = #expect(throws: SpoolError.self) { _ = try Spool.open(path) }
        #expect(error?.code == .notSpool && error?.description.contains("thesis.txt") == true)
        let names = try directory.names()
        #expect(names == ["thesis.txt"])
    }

    @Test("With a spool required, an empty directory is taken for a filesystem that is not mounted")
    func required() throws {
        let path = try TemporarySpool.directory()
        #expect(throws: SpoolError.self) { _ = try Spool.open(path, requiringSpool: true) }
        #expect(throws: SpoolError.self) { _ = try Spool.open(path + "/none", requiringSpool: true) }
        let names = try Directory(path: path).names()
        #expect(names.isEmpty)
    }

    @Test("A newer layout is refused")
    func newer() throws {
        let temporary = try TemporarySpool()
        try temporary.spool.root.publish("format", Array("scrapy-spool 2\n".utf8))
        #expect(throws: SpoolError.self) { _ = try Spool.open(temporary.path) }
    }

    @Test("A format file with another inode tells a copy")
    func copy() throws {
        let temporary = try TemporarySpool()
        #expect(try !temporary.spool.identity().isCopy)
        let content = try temporary.spool.root.content("format")
        try temporary.spool.root.writeDurably("other", content)
        try temporary.spool.root.rename("other", to: "format")
        #expect(try temporary.spool.identity().isCopy)
        try temporary.spool.release()
        #expect(try !temporary.spool.identity().isCopy)
    }

    @Test("A second engine is refused until the first is gone")
    func engineLock() throws {
        let temporary = try TemporarySpool()
        do {
            let lock = try temporary.spool.takeEngineLock()
            let error = #expect(throws: SpoolError.self) { _ = try temporary.spool.takeEngineLock() }
            #expect(error?.code == .busy)
            _ = lock.number
        }
        // A process that another test starts at this moment has a copy of the descriptor, and with it the lock, until it is
        // executed.
        _ = try temporary.spool.takeEngineLock(patience: 60_000)
    }

    @Test("A job that was made is found by its id, by its mark and in its day")
    func create() throws {
        let temporary = try TemporarySpool()
        let job = temporary.job()
        try temporary.spool.create(job)
        #expect(try temporary.spool.job(job.id).status == job.status)
        #expect(try temporary.spool.activeIDs() == [job.id])
        #expect(try temporary.spool.allIDs().ids == [job.id])
        #expect(try temporary.names("tmp").isEmpty)
        let target = try temporary.spool.active.target(ofLink: job.id.description)
        #expect(target == "../jobs/\(job.id.day)/\(job.id)")
        let error = #expect(throws: SpoolError.self) { try temporary.spool.create(job) }
        #expect(error?.code == .taken)
        #expect(try temporary.spool.job(job.id).status == job.status)
    }

    @Test("Jobs that many threads make at the same time, on two days, are all there with their marks")
    func createAtOnce() throws {
        let temporary = try TemporarySpool()
        let now = SystemClock.wall()
        let jobs = (0..<64).map { temporary.job(at: now - Int64($0 % 2) * 86_400_000_000) }
        let refused = Mutex<[SpoolError]>([])
        let ends = Semaphore()
        for part in 0..<8 {
            try startThread(named: "creator") {
                for job in jobs[part * 8..<part * 8 + 8] {
                    do throws(SpoolError) {
                        try temporary.spool.create(job)
                    } catch {
                        refused.withLock { [error] in $0.append(error) }
                    }
                }
                ends.post()
            }
        }
        for _ in 0..<8 { ends.wait() }
        #expect(refused.withLock { $0.map(\.description) } == [])
        #expect(try Set(temporary.spool.activeIDs()) == Set(jobs.map(\.id)))
        #expect(try Set(temporary.spool.allIDs().ids) == Set(jobs.map(\.id)))
        for job in jobs { #expect(try temporary.spool.job(job.id).status == job.status) }
        #expect(try temporary.names("tmp").isEmpty)
    }

    @Test("A day that was removed and comes back takes jobs as before")
    func dayComesBack() throws {
        let temporary = try TemporarySpool()
        for _ in 0..<3 {
            let job = temporary.job()
            try temporary.spool.create(job)
            #expect(try temporary.spool.allIDs().ids == [job.id])
            try temporary.spool.root.removeTree("jobs/\(job.id.day)")
        }
    }

    @Test("A finished status takes the room that was set aside")
    func finish() throws {
        let temporary = try TemporarySpool()
        let job = temporary.job()
        try temporary.spool.create(job)
        let directory = try temporary.spool.directory(of: job.id)
        var status = job.status
        status.state = .successful
        status[.exit] = 0
        try directory.finish(status)
        let written = try directory.status()
        #expect(written == status)
        #expect(try temporary.text(temporary.place(job.id) + "/status") == status.line)
        #expect(!temporary.contains(temporary.place(job.id) + "/.status.spare"))
    }

    @Test("Only finished jobs that are not marked are purged, and an empty day goes with them")
    func purge() throws {
        let temporary = try TemporarySpool()
        let pending = temporary.job()
        let finished = temporary.job(.failed)
        try temporary.spool.create(pending)
        try temporary.spool.create(finished)
        #expect(temporary.spool.purge([pending.id, finished.id]).rubbish.isEmpty)
        try temporary.spool.unmark(finished.id)
        try temporary.spool.directory(of: finished.id).directory.makeDirectory("work")
        let purge = temporary.spool.purge([finished.id, pending.id])
        #expect(purge.gone == [finished.id, pending.id] && purge.kept.isEmpty && purge.failure == nil)
        #expect(try temporary.spool.allIDs().ids == [pending.id])
        #expect(try temporary.names("tmp") == purge.rubbish.map(\.description))
        for name in purge.rubbish { #expect(temporary.spool.removeRubbish(name) == nil) }
        #expect(try temporary.names("tmp").isEmpty)
        #expect(temporary.spool.purge([finished.id]).rubbish.isEmpty)
        let old = temporary.job(.failed, at: 1_000_000)
        try temporary.spool.create(old)
        try temporary.spool.unmark(old.id)
        #expect(temporary.spool.purge([old.id]).rubbish.count == 1)
        #expect(!temporary.contains("jobs/1970-01-01"))
    }

    @Test("What is set aside is kept whole, with the reason beside it, twice under two names")
    func quarantine() throws {
        let temporary = try TemporarySpool()
        for _ in 0..<2 {
            try temporary.spool.incoming.makeDirectory("odd")
            try temporary.spool.quarantine("odd", in: temporary.spool.incoming, reason: "no metadata.json")
        }
        #expect(try temporary.names("quarantine") == ["odd", "odd.2", "odd.2.reason", "odd.reason"])
        #expect(try temporary.text("quarantine/odd.reason") == "no metadata.json\n")
    }

    @Test("A reason goes when what it is about is gone, and nothing else does")
    func loneReasons() throws {
        let temporary = try TemporarySpool()
        // One has a name that looks like a reason's.
        for name in ["odd", "odd.reason", "gone"] {
            try temporary.spool.incoming.makeDirectory(name)
            try temporary.spool.quarantine(name, in: temporary.spool.incoming, reason: "no metadata.json")
        }
        try temporary.spool.quarantine.writeDurably("file.reason", Array("moved here itself".utf8))
        try temporary.spool.quarantine.writeDurably("file.reason.reason", Array("no directory".utf8))
        let kept = try temporary.names("quarantine").filter { $0 != "gone" && $0 != "gone.reason" }
        try temporary.spool.quarantine.removeDirectory("gone")
        temporary.spool.removeLoneReasons()
        #expect(try temporary.names("quarantine") == kept)
        #expect(kept.contains("odd.reason.2") && kept.contains("file.reason"))
    }

    @Test("What has the longest name there can be is set aside as well")
    func longName() throws {
        let temporary = try TemporarySpool()
        let name = String(repeating: "é", count: 127) + "x"
        try temporary.spool.incoming.makeDirectory(name)
        try temporary.spool.quarantine(name, in: temporary.spool.incoming, reason: "no metadata.json")
        let names = try temporary.names("quarantine")
        #expect(names == [String(name.prefix(100)), name.prefix(100) + ".reason"])
        #expect(try temporary.names("incoming").isEmpty)
    }

    @Test("A job is marked anew, whether it has a mark or not")
    func remark() throws {
        let temporary = try TemporarySpool()
        let job = temporary.job()
        try temporary.spool.create(job)
        try temporary.spool.unmark(job.id)
        try temporary.spool.remark(job.id)
        #expect(try temporary.spool.activeIDs() == [job.id])
        #expect(try temporary.spool.active.target(ofLink: job.id.description) == "../" + temporary.place(job.id))
        try temporary.spool.remark(job.id)
        #expect(try temporary.names("active") == [job.id.description])
    }

    @Test("A deep tree with links and directories without write permission is deleted, and nothing the links name")
    func removeTree() throws {
        let temporary = try TemporarySpool()
        let tmp = try temporary.spool.tmp.duplicate()
        try temporary.spool.root.writeDurably("precious", [65])
        try tmp.makeDirectory("tree")
        var directory = try tmp.directory("tree")
        for _ in 0..<200 {
            try directory.makeLink("out", to: "../../precious")
            try directory.makeLink("up", to: "..")
            try directory.writeDurably("file", [65])
            try directory.makeDirectory("tree")
            directory = try directory.directory("tree")
        }
        try tmp.directory("tree").makeReadOnly()
        try tmp.removeTree("tree")
        #expect(try temporary.names("tmp").isEmpty)
        #expect(try temporary.text("precious") == "A")
    }

    @Test("What is in the making when the engine opens the spool stays; what was left of before goes")
    func emptyStaging() throws {
        let temporary = try TemporarySpool()
        try temporary.spool.tmp.makeDirectory("left")
        let spool = try Spool.open(temporary.path).0
        let job = temporary.job()
        let staging = try spool.stage(job.id)
        #expect(spool.emptyStaging().isEmpty)
        #expect(try temporary.names("tmp") == [staging.name])
        spool.discard(staging)
    }

    @Test("Where other machines write as well, what has changed lately stays")
    func emptySharedStaging() throws {
        let temporary = try TemporarySpool()
        try temporary.spool.tmp.makeDirectory("theirs")
        let spool = try Spool.open(temporary.path).0
        let now = Timestamp(microseconds: SystemClock.wall())
        #expect(spool.leftoverRubbish(sparingSince: now.adding(seconds: -3600)).isEmpty)
        #expect(try temporary.names("tmp") == ["theirs"])
        let rubbish = spool.leftoverRubbish(sparingSince: now.adding(seconds: 3600))
        #expect(try temporary.names("tmp") == rubbish.map(\.description) && rubbish.count == 1)
        #expect(!temporary.contains("tmp/theirs"), "a new one may have the name while the old one is deleted")
    }

    @Test("What was left in tmp/ is seen to be the same and can be deleted, a push on its way is left out")
    func stagedRubbish() throws {
        let temporary = try TemporarySpool()
        let spool = temporary.spool
        try spool.tmp.makeDirectory("left")
        try spool.tmp.makeDirectory(FileName(bytes: [0x66, 0xe9]))
        let staging = try spool.stage(temporary.job().id)
        let before = try spool.staged()
        #expect(before.keys.sorted() == [FileName("left"), FileName(bytes: [0x66, 0xe9])].sorted())
        #expect(try spool.staged() == before)
        try spool.tmp.makeDirectory("left/more")
        #expect(try spool.staged()[FileName("left")] != before[FileName("left")])
        let rubbish = spool.takeAsRubbish(before.keys.sorted())
        #expect(rubbish.count == 2 && Set(rubbish).isDisjoint(with: before.keys))
        for name in rubbish { #expect(spool.removeRubbish(name) == nil) }
        #expect(try spool.tmp.entries().map(\.name) == [FileName(staging.name)])
        spool.discard(staging)
        #expect(try spool.tmp.entries().isEmpty)
    }

    @Test("What cannot be read is kept by a purge and said, and keeps no other job from going")
    func purgeOfUnreadable() throws {
        let temporary = try TemporarySpool()
        let jobs = (0..<5).map { temporary.job(.failed, at: 1_000_000_000_000 + $0) }
        for job in jobs {
            try temporary.spool.create(job)
            try temporary.spool.unmark(job.id)
        }
        try temporary.spool.root.writeDurably(temporary.place(jobs[0].id) + "/status", [])
        try temporary.spool.root.remove(temporary.place(jobs[1].id) + "/status")
        try temporary.spool.root.removeTree(temporary.place(jobs[2].id))
        let purge = temporary.spool.purge(jobs.map(\.id))
        #expect(purge.gone == Set(jobs[2...].map(\.id)) && purge.failure == nil)
        #expect(Set(purge.kept.keys) == Set(jobs[..<2].map(\.id)))
        #expect(purge.rubbish.count == 2)
        #expect(try Set(temporary.spool.allIDs().ids) == Set(jobs[..<2].map(\.id)))
    }

    @Test("An active job that cannot be read is told of, one that is gone is not")
    func unreadableActive() throws {
        let temporary = try TemporarySpool()
        let jobs = ["a", "b", "c", "d", "e"].map { temporary.job(.running, project: $0) }
        for job in jobs { try temporary.spool.create(job) }
        let root = try temporary.spool.root.duplicate()
        try root.writeDurably(temporary.place(jobs[0].id) + "/status", Array("half".utf8))
        try root.remove(temporary.place(jobs[1].id) + "/status")
        try root.writeDurably(temporary.place(jobs[2].id) + "/metadata.json", [])
        try root.removeTree(temporary.place(jobs[3].id))
        let active = Dictionary(uniqueKeysWithValues: try temporary.spool.activeJobs().map { ($0.id, $0) })
        #expect(Set(active.keys) == Set([jobs[0], jobs[1], jobs[2], jobs[4]].map(\.id)))
        for job in jobs[..<2] {
            #expect(active[job.id]?.status == nil && active[job.id]?.project == job.metadata.project)
            #expect(active[job.id]?.failure != nil)
        }
        #expect(active[jobs[2].id]?.project == nil && active[jobs[2].id]?.status?.state == .running)
        #expect(active[jobs[4].id]?.failure == nil)
    }

    @Test(
        "Where `format` is not the short file that it should be, the answer says what to do",
        arguments: ["directory", "FIFO", "link", "empty", "huge"])
    func oddFormat(kind: String) throws {
        let temporary = try TemporarySpool()
        let format = "\(temporary.path)/format"
        unlink(format)
        switch kind {
        case "directory": mkdir(format, 0o700)
        case "FIFO": mkfifo(format, 0o600)
        case "link": symlink("/etc/passwd", format)
        default:
            let file = try Directory(path: temporary.path).file("format", O_WRONLY | O_CREAT)
            if kind == "huge" { ftruncate(file.number, 1 << 33) }
        }
        let error = #expect(throws: SpoolError.self) { _ = try Spool.open(temporary.path) }
        #expect(error?.code == .notSpool)
        #expect(error?.description.hasSuffix("its file `format` has to be restored") == true)
    }
}
