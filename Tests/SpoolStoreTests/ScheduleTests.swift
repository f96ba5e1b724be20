import Glibc
import LinuxSystem
import SpoolModel
import SpoolStore
import TestSpool
import Testing

@Suite("Schedules in the tree")
struct ScheduleTests {
    let temporary: TemporarySpool
    let shop = ProjectName("shop")!

    init() throws {
        temporary = try TemporarySpool()
    }

    /// A schedule that runs next at an instant.
    private func schedule(_ when: String = "every day at 03:00", declared: String? = nil) throws -> Job {
        var job = temporary.job(.scheduled)
        job.metadata.schedule = when
        job.metadata.declared = declared.flatMap { ScheduleName($0) }
        job.status[.next] = Timestamp(seconds: 4_000_000_000)
        job.status[text: "due"] = job.status[.next]?.rfc3339
        try temporary.spool.create(job)
        return job
    }

    @Test("A change of the time takes the next one away, and any other change leaves it")
    func change() throws {
        let job = try schedule()
        let first = try temporary.spool.changeSchedule(job.id) { $0.description = "new" }
        #expect(first.isChanged && first.metadata.description == "new")
        #expect(try temporary.spool.job(job.id).status == job.status)
        let second = try temporary.spool.changeSchedule(job.id) { $0.schedule = "every hour" }
        #expect(second.isChanged)
        let changed = try temporary.spool.job(job.id)
        #expect(changed.metadata.file == second.metadata.file && changed.metadata.id == job.id)
        #expect(changed.status[.next] == nil && changed.status[text: "due"] == nil)
        #expect(changed.status[.at] == job.status[.at])
        #expect(try !temporary.spool.changeSchedule(job.id) { $0.schedule = "every hour" }.isChanged)
        #expect(try temporary.names(temporary.place(job.id)) == [".status.spare", "lock", "metadata.json", "status"])
    }

    @Test("Nothing changes if the change is refused, the job is no schedule any more, is being canceled, or is in use")
    func refusals() throws {
        let job = try schedule()
        func refused(
            _ code: SpoolError.Code,
            _ change: (inout JobMetadata) throws(SpoolError) -> Void = { $0.spider = SpiderName("x")! }
        ) {
            do throws(SpoolError) {
                _ = try temporary.spool.changeSchedule(job.id, patience: 20_000, change)
                Issue.record("it was changed")
            } catch {
                #expect(error.code == code, "\(error)")
            }
        }
        refused(.full) { metadata throws(SpoolError) in
            metadata.schedule = "every hour"
            throw SpoolError(.full, "no")
        }
        let directory = try temporary.spool.directory(of: job.id)
        do {
            guard let lock = try directory.tryLock() else { throw SpoolError(.busy, "the job is locked") }
            refused(.busy)
            try lock.close()
        }
        try temporary.spool.requestCancel(job.id)
        refused(.refused)
        try temporary.spool.withdrawCancel("\(job.id)")
        #expect(try temporary.spool.job(job.id).metadata.file == job.metadata.file)
        try directory.publish(JobStatus(.canceled, at: Timestamp(seconds: 5)))
        refused(.refused)
    }

    @Test("Whatever is called `paused` pauses a schedule, and only a file can say who did it")
    func pause() throws {
        let job = try schedule()
        let place = temporary.path + "/" + temporary.place(job.id)
        #expect(try temporary.spool.job(job.id).pause == nil && !temporary.spool.isPaused(job.id))
        for (make, by) in [
            ("printf 'by=alice\\n' >", "alice"), ("printf 'by=' >", nil), (": >", nil),
            ("head -c 9000 /dev/zero >", nil),
            ("mkdir", nil), ("mkfifo", nil), ("ln -s /etc/passwd", nil), ("ln -s nowhere", nil),
        ] as [(String, String?)] {
            #expect(system("\(make) '\(place)/paused'") == 0)
            #expect(temporary.spool.isPaused(job.id), "\(make)")
            let pause = try #require(try temporary.spool.job(job.id).pause)
            #expect(pause.by == by, "\(make)")
            #expect(system("rm -r '\(place)/paused'") == 0)
        }
        try temporary.spool.pause(job.id, by: Requester(user: "bob", isToken: false))
        try temporary.spool.pause(job.id, by: Requester(user: "carol", isToken: false))
        #expect(try temporary.spool.job(job.id).pause?.by == "bob")
        try temporary.spool.endPause(of: job.id)
        try temporary.spool.endPause(of: job.id)
        #expect(try temporary.spool.job(job.id).pause == nil)
        // A running job has no pause, whatever is in its directory.
        let running = temporary.job(.pending)
        try temporary.spool.create(running)
        #expect(system(": > '\(temporary.path)/\(temporary.place(running.id))/paused'") == 0)
        #expect(try temporary.spool.job(running.id).pause == nil)
        #expect(throws: SpoolError.self) { try temporary.spool.pause(running.id, by: nil) }
    }

    // MARK: Declared

    /// Pushes a version that declares schedules, each with its spec.
    private func push(_ declared: [(String, String)]) throws {
        var generator = SystemRandomNumberGenerator()
        let staging = try temporary.spool.stage(
            JobID(at: Timestamp(microseconds: SystemClock.wall()), using: &generator))
        try staging.code.makeDirectory("shop")
        try staging.code.directory("shop").writeDurably("scrapy.cfg", [65])
        let templates = declared.map { name, when in
            var job = temporary.job()
            job.metadata.schedule = when
            job.metadata.declared = ScheduleName(name)
            return job.metadata
        }
        if !templates.isEmpty { try staging.declare(DeclaredSchedules(templates)) }
        _ = try temporary.spool.publish(
            staging, name: shop, directory: "shop", spiders: [SpiderName("books")!], sha256: "00", size: 3,
            at: Timestamp(seconds: 1))
    }

    private func enforce() throws(SpoolError) -> Spool.Enforcement? {
        var generator = SystemRandomNumberGenerator()
        return try temporary.spool.enforceSchedules(
            of: shop, at: Timestamp(seconds: 9),
            makeID: { JobID(at: Timestamp(microseconds: SystemClock.wall()), using: &generator) },
            firstStatus: { metadata in
                metadata.schedule == "past" ? nil : JobStatus(.scheduled, at: metadata.created)
            })
    }

    @Test("What a version declares is made, changed or ended once, however often a crash has it repeated")
    func declared() throws {
        try push([])
        #expect(try enforce() == nil && !temporary.contains("projects/shop/schedules"))
        try push([("a", "every hour"), ("b", "every day"), ("c", "past")])
        let first = try #require(try enforce())
        #expect(first.made.count == 2 && first.past.map(\.description) == ["c"] && first.version == 2)
        #expect(try enforce() == nil)
        for _ in 0..<3 {
            // As a crash before the last step leaves it.
            try temporary.spool.root.directory("projects/shop").writeDurably("schedules", Array("version=1\n".utf8))
            let again = try #require(try enforce())
            #expect(again.made.isEmpty && again.changed.isEmpty && again.ended.isEmpty)
        }
        let other = try schedule()
        let twice = try schedule("every hour", declared: "a")
        try push([("a", "every 2 hours")])
        let second = try #require(try enforce())
        #expect(second.changed == [first.made[0]] && second.made.isEmpty)
        #expect(Set(second.ended) == [first.made[1], twice.id])
        let changed = try temporary.spool.job(first.made[0]).metadata
        #expect(changed.schedule == "every 2 hours" && changed.edit?.at == Timestamp(seconds: 9))
        #expect(!temporary.spool.hasCancelRequest(other.id))
        #expect(try temporary.text("projects/shop/schedules") == "version=3\n")
    }

    @Test(
        "A damaged mark has all of it done again; a damaged list changes nothing",
        arguments: ["", "version=", "x", "version=0\n"])
    func damaged(mark: String) throws {
        try push([("a", "every hour")])
        let made = try #require(try enforce()).made
        let place = try temporary.spool.root.directory("projects/shop")
        try place.writeDurably("schedules", Array(mark.utf8))
        let again = try #require(try enforce())
        #expect(again.made.isEmpty && again.changed.isEmpty && again.ended.isEmpty)
        try push([("a", "every day")])
        for content in [mark, "{\"schedules\": [1]}", "{\"schedules\": {}}"] {
            _ = try place.directory("versions/2").removeTree("schedules.json")
            try place.directory("versions/2").writeDurably("schedules.json", Array(content.utf8))
            #expect(throws: SpoolError.self) { try enforce() }
        }
        #expect(try temporary.spool.job(made[0]).metadata.schedule == "every hour")
    }
}
