import Scheduling
import SpoolEngine
import SpoolModel
import Testing
import TimeZones

@Suite("What follows from what was seen")
struct ReconcilerTests {
    private static let start = Timestamp(seconds: 1_700_000_000)
    private let shop = JobSight.Facts(project: ProjectName("shop")!)

    private func id(_ number: Int) -> JobID { JobID(high: 0, low: UInt64(number)) }

    private func moment(_ seconds: Int64) -> Reconciler.Moment {
        Reconciler.Moment(wall: Self.start.adding(seconds: seconds), steady: seconds * 1_000_000)
    }

    private func engine(slots: Int = 1) -> Reconciler {
        var engine = Reconciler(at: Self.start)
        engine.limits = Reconciler.Limits(slots: slots)
        return engine
    }

    private func sight(
        _ line: String, _ facts: JobSight.Facts? = nil, isCancelRequested: Bool = false,
        remains: JobSight.Remains? = nil
    ) throws -> JobSight {
        let status = try #require(JobStatus(parsing: line))
        return JobSight(
            status: status, facts: status.state.isFinal ? nil : facts ?? shop,
            isCancelRequested: isCancelRequested,
            remains: remains)
    }

    @Test(
        "Whatever happens, in any order, and with an engine that is killed between any two steps: each job ends once, nothing starts above a limit, a schedule fires once for each time, a failed job is tried again as often as it was asked for, and all comes to an end",
        arguments: 0..<16 as Range<UInt64>)
    func histories(group: UInt64) {
        for seed in group * 250..<(group + 1) * 250 {
            var world = World(seed: seed)
            world.killEvery = seed % 3 == 0 ? 0 : seed % 3 == 1 ? 60 : 12
            for _ in 0..<60 {
                world.live { world throws(World.Kill) in try world.step() }
                guard world.violations.isEmpty else { break }
            }
            // No more comes, and nothing fails any more.
            world.killEvery = 0
            for (id, entry) in world.entries where entry.status.state == .scheduled {
                world.entries[id]?.isCancelRequested = true
            }
            for _ in 0..<3000 where world.entries.values.contains(where: \.isMarked) {
                world.live { world throws(World.Kill) in
                    world.steady += 1_000_000
                    try world.stepShim(isWell: true)
                    try world.stepCluster(isWell: true)
                    try world.turn()
                    // The slow look.
                    if world.steady / 1_000_000 % 20 == 0 {
                        for id in world.entries.keys.sorted() { try world.look(id) }
                    }
                }
            }
            #expect(world.violations.isEmpty, "seed \(seed): \(world.violations.prefix(3))")
            for (id, entry) in world.entries {
                #expect(!entry.isMarked && entry.endings == 1, "seed \(seed): \(id) \(entry)")
            }
            #expect(world.engine.jobs.ids.isEmpty && world.shims.isEmpty, "seed \(seed)")
            if let (id, entry) = world.entries.first(where: { $0.value.endings != 1 || $0.value.isMarked }
            ) {
                Issue.record("seed \(seed): \(id) \(entry)")
                break
            }
            expectRuns(of: world, seed)
            let tries = world.entries.filter { $0.value.first != nil }.map {
                "\($0.value.first!) \($0.value.tryNumber)"
            }
            #expect(Set(tries).count == tries.count, "seed \(seed): tried twice at once")
        }
    }

    /// All the runs of schedules that may overlap are there: one for each time that has come.
    private func expectRuns(of world: World, _ seed: UInt64) {
        for (id, entry) in world.entries
        where entry.facts.firedBy == nil && entry.first == nil && entry.facts.overlap != .skip {
            let runs = world.entries.filter { $0.value.facts.firedBy == id && $0.value.first == nil }
            guard let last = runs.keys.compactMap({ $0.instant }).max(),
                let first = runs.keys.compactMap({ $0.instant }).min()
            else { continue }
            let span = last.microseconds - first.microseconds
            #expect(
                Int64(runs.count) == span / (World.period * 1_000_000) + 1, "seed \(seed): \(id) \(entry)")
        }
    }

    @Test(
        "A job whose shim is gone is run again once, unless it was asked to end, by here or by Slurm",
        arguments: [
            ("RUNNING at=2026-01-01T00:00:00Z attempt=a", "PENDING interrupted=1 reason=interrupted"),
            (
                "RUNNING at=2026-01-01T00:00:00Z attempt=a interrupted=1",
                "FAILED interrupted=2 reason=interrupted"
            ),
            ("RUNNING at=2026-01-01T00:00:00Z attempt=a reason=terminated", "PENDING reason=terminated"),
            (
                "RUNNING at=2026-01-01T00:00:00Z attempt=a interrupted=9223372036854775807",
                "FAILED interrupted=1000000 reason=interrupted"
            ),
        ])
    func interrupted(line: String, expected: String) throws {
        var engine = engine()
        let seen = try sight(line, remains: JobSight.Remains(wasClaimed: true, hasSurvivors: false))
        let effects = engine.apply(.seized(id(1), seen), at: moment(0))
        let status = try #require(effects.first?.status)
        let facts = ["interrupted", "reason"].compactMap { key in
            status[text: key].map { "\(key)=\($0)" }
        }
        #expect(([status.state.rawValue] + facts).joined(separator: " ") == expected)
    }

    @Test("What Slurm has ended in an orderly way counts as interrupted: its limits end a job so")
    func slurm() throws {
        var engine = engine()
        engine.limits = Reconciler.Limits(slots: 1, slurmSlots: 0)
        let line = "RUNNING at=2026-01-01T00:00:00Z attempt=a executor=slurm reason=terminated"
        let first = engine.apply(.saw(id(1), try sight(line)), at: moment(0))
        #expect(first == [.log(.adoptedFromSlurm(attempt: "a")), .revoke(attempt: "a")])
        let effects = engine.apply(.revoked(id(1), attempt: "a", try sight(line)), at: moment(0))
        let status = try #require(effects.first?.status)
        #expect(status.state == .pending && status[.interrupted] == 1 && status[.attempt] == nil)
        // One that is to be canceled is not run again.
        let canceled = engine.apply(
            .revoked(id(1), attempt: "a", try sight(line, isCancelRequested: true)), at: moment(0))
        let end = try #require(canceled.first?.status)
        #expect(end.state == .canceled)
        // Another attempt has begun meanwhile.
        #expect(engine.apply(.revoked(id(1), attempt: "b", try sight(line)), at: moment(0)) == [.reread])
    }

    @Test("If each shim that waits for the processes of a lost one is killed, another comes every five seconds")
    func survivors() throws {
        var engine = engine()
        let line = "RUNNING at=2026-01-01T00:00:00Z attempt=a"
        let some = try sight(line, remains: JobSight.Remains(wasClaimed: true, hasSurvivors: true))
        let none = try sight(line, remains: JobSight.Remains(wasClaimed: true, hasSurvivors: false))
        for begin: Int64 in [0, 5] {
            #expect(engine.apply(.seized(id(1), some), at: moment(begin)) == [.watchSurvivors])
            _ = engine.apply(.watching(id(1)), at: moment(begin))
            _ = engine.apply(.shimEnded(id(1)), at: moment(begin))
            for second in begin..<begin + 5 {
                #expect(engine.apply(.seized(id(1), some), at: moment(second)).isEmpty)
                #expect(engine.unresolved == [id(1)] && engine.wake(at: moment(second)) == moment(second + 1).wall)
            }
        }
        // Another job does not wait for it, nor does its next attempt.
        #expect(engine.apply(.seized(id(2), some), at: moment(9)) == [.watchSurvivors])
        let end = try #require(engine.apply(.seized(id(1), none), at: moment(9)).first?.status)
        #expect(end.state == .pending && engine.unresolved.isEmpty)
        #expect(engine.apply(.seized(id(1), some), at: moment(9)) == [.watchSurvivors])
    }

    @Test("A job whose shim ends before it takes it waits by itself, ever longer, while others start")
    func inVain() throws {
        var engine = engine()
        _ = engine.apply(.saw(id(1), try sight("PENDING at=2020-01-01T00:00:00Z")), at: moment(0))
        let running = try sight(
            "RUNNING at=2021-01-01T00:00:00Z attempt=a",
            remains: JobSight.Remains(wasClaimed: false, hasSurvivors: false))
        var pauses: [Int64] = []
        var now: Int64 = 0
        for _ in 0..<9 {
            let begin = now
            while true {
                // Another job each second, which starts at once unless this one does.
                let other = id(2 + Int(now))
                let status = JobStatus(.pending, at: moment(now).wall)
                _ = engine.apply(.saw(other, JobSight(status: status, facts: shop)), at: moment(now))
                let due = engine.next(at: moment(now))
                if due == .start(id(1)) { break }
                #expect(due == .start(other))
                _ = engine.apply(.started(other), at: moment(now))
                _ = engine.apply(.settled(other), at: moment(now))
                now += 1
            }
            pauses.append(now - begin)
            _ = engine.apply(.started(id(1)), at: moment(now))
            let effects = engine.apply(.seized(id(1), running), at: moment(now))
            #expect(effects.last == .explain)
            let status = try #require(effects.first?.status)
            _ = engine.apply(.saw(id(1), JobSight(status: status, facts: shop)), at: moment(now))
            _ = engine.apply(.startedInVain(id(1)), at: moment(now))
        }
        #expect(pauses.dropFirst() == [1, 2, 4, 8, 16, 32, 60, 60])
    }

    @Test("Where no shim takes its job, all starts wait")
    func noShim() throws {
        var engine = engine(slots: 10)
        for number in 1...9 {
            _ = engine.apply(
                .saw(id(number), try sight("PENDING at=2020-01-01T00:00:00Z")), at: moment(0))
        }
        var starts = 0
        while case .start(let id) = engine.next(at: moment(0)) {
            starts += 1
            _ = engine.apply(.started(id), at: moment(0))
            _ = engine.apply(.saw(id, try sight("PENDING at=2020-01-01T00:00:00Z")), at: moment(0))
            _ = engine.apply(.startedInVain(id), at: moment(0))
        }
        #expect(starts == 3)
        #expect(engine.wake(at: moment(0)) == moment(1).wall)
        // Once one has been taken, that is over.
        #expect(engine.next(at: moment(1)) == .start(id(1)))
        _ = engine.apply(.started(id(1)), at: moment(1))
        _ = engine.apply(.settled(id(1)), at: moment(1))
        #expect(engine.startsBlockedUntil == nil)
    }

    @Test("No more queued runs wait than the queue holds; the others are left out")
    func fullQueue() throws {
        var engine = engine()
        engine.limits.starts.queue = 3
        let schedule = id(100)
        let facts = JobSight.Facts(project: shop.project, firedBy: schedule, overlap: .queue)
        for number in 1...2 {
            _ = engine.apply(.saw(id(number), try sight("PENDING at=2023-01-01T00:00:00Z", facts)), at: moment(0))
        }
        let seen = try sight(
            "SCHEDULED at=2023-01-01T00:00:00Z", JobSight.Facts(project: shop.project, overlap: .queue))
        let times = [1, 2, 3].map { moment($0).wall }
        var next = seen.status
        next.firing = Firing(due: moment(9).wall, time: moment(9).wall)
        let effects = engine.apply(.came(schedule, seen, times: times, next: next), at: moment(4))
        #expect(effects == [.makeRun(due: times[0]), .log(.fullQueue), .publish(next)])
        // What runs does not wait.
        _ = engine.apply(.started(id(1)), at: moment(4))
        #expect(engine.apply(.came(schedule, seen, times: times, next: next), at: moment(4)).count == 4)
    }

    @Test("A failed job's retry is made before its mark goes, and in a held copy both wait for the release")
    func retry() throws {
        var engine = engine()
        var failed = try sight("FAILED at=2023-01-01T00:00:00Z exit=3")
        #expect(engine.apply(.saw(id(1), failed), at: moment(0)) == [.flush, .retire])
        failed.hasRetry = true
        #expect(engine.apply(.saw(id(1), failed), at: moment(0)) == [.flush, .retry, .retire])
        #expect(engine.apply(.ended(id(1), failed), at: moment(0)) == [.retry, .retire])
        _ = engine.apply(.held(true), at: moment(0))
        #expect(engine.apply(.ended(id(1), failed), at: moment(0)).isEmpty)
    }

    @Test("Hooks are told before the retry is made and the mark goes, and in a held copy all wait for the release")
    func hooks() throws {
        var engine = engine()
        let hook = Hook(try #require(HookName("x")), .run(["true"], seconds: 1), events: [.failed], patience: 1)
        let told = try #require(Announcement(of: .failed, in: shop.project, to: [hook]))
        #expect(Announcement(of: .canceled, in: shop.project, to: [hook]) == nil)
        var failed = try sight("FAILED at=2023-01-01T00:00:00Z exit=3")
        failed.announcement = told
        #expect(engine.apply(.saw(id(1), failed), at: moment(0)) == [.flush, .announce(told), .retire])
        failed.hasRetry = true
        #expect(engine.apply(.ended(id(1), failed), at: moment(0)) == [.announce(told), .retry, .retire])
        _ = engine.apply(.held(true), at: moment(0))
        failed.hasRetry = false
        #expect(engine.apply(.ended(id(1), failed), at: moment(0)).isEmpty)
    }

    @Test("A retry's time from before the clock was set back is brought nearer")
    func notBefore() throws {
        var engine = engine()
        var facts = shop
        facts.isRetry = true
        facts.longestDelay = 60_000_000
        var status = JobStatus(.pending, at: moment(0).wall)
        status[.notBefore] = moment(5000).wall
        _ = engine.apply(.saw(id(1), JobSight(status: status, facts: facts)), at: moment(0))
        #expect(engine.next(at: moment(59)) == nil && engine.wake(at: moment(59)) == moment(60).wall)
        #expect(engine.next(at: moment(60)) == .start(id(1)))
    }

    @Test("In a held copy nothing is started; what ran when it was taken can be canceled")
    func held() throws {
        var engine = engine()
        _ = engine.apply(.held(true), at: moment(0))
        _ = engine.apply(.saw(id(1), try sight("PENDING at=2020-01-01T00:00:00Z")), at: moment(0))
        #expect(engine.next(at: moment(0)) == nil && engine.wake(at: moment(0)) == nil)
        let none = JobSight.Remains(wasClaimed: true, hasSurvivors: false)
        let line = "RUNNING at=2026-01-01T00:00:00Z attempt=a"
        #expect(engine.apply(.seized(id(2), try sight(line, remains: none)), at: moment(0)).isEmpty)
        let effects = engine.apply(
            .seized(id(2), try sight(line, isCancelRequested: true, remains: none)), at: moment(0))
        let status = try #require(effects.first?.status)
        #expect(status.state == .canceled)
        _ = engine.apply(.held(false), at: moment(0))
        #expect(engine.next(at: moment(0)) == .start(id(1)))
    }

    @Test("A directory that was copied to another id is not run, and can be canceled")
    func foreign() throws {
        var engine = engine()
        let facts = JobSight.Facts(project: ProjectName("shop")!, isForeign: true)
        for line in ["PENDING at=2020-01-01T00:00:00Z", "RUNNING at=2020-01-01T00:00:00Z attempt=a"] {
            #expect(engine.apply(.saw(id(1), try sight(line, facts)), at: moment(0)).isEmpty)
            #expect(engine.jobs.ids.isEmpty)
            let seen = try sight(line, facts, isCancelRequested: true)
            #expect(engine.apply(.saw(id(1), seen), at: moment(0)) == [.seize])
            let end = try #require(engine.apply(.seized(id(1), seen), at: moment(0)).first?.status)
            #expect(end.state == .canceled)
        }
    }
}

extension Reconciler.Effect {
    /// The status that is to be written.
    fileprivate var status: JobStatus? {
        switch self {
        case .publish(let status), .finish(let status): status
        default: nil
        }
    }
}
