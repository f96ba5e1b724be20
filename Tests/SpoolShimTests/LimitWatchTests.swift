import SpoolModel
import SpoolShim
import Testing

@Suite("Limits of a job")
struct LimitWatchTests {
    private static let second: Int64 = 1_000_000

    private func limits(_ texts: [String: String]) throws -> JobLimits {
        var options = JobOptions()
        for (name, text) in texts { _ = try options.set(name, to: text) }
        return options.limits
    }

    private func report(_ line: String) throws -> LimitWatch.Sign {
        .report(try #require(CrawlReport(parsing: Array("\(line)\n".utf8))))
    }

    /// The second at which a limit is reached, if looks come as the watch asks for them.
    private func end(
        of watch: LimitWatch, within seconds: Int64, _ sign: (Int64) throws -> LimitWatch.Sign
    ) rethrows -> (cause: Escalation.Cause, second: Int64)? {
        var watch = watch
        var now: Int64 = 0
        while now <= seconds * Self.second {
            if watch.isTimeOver(at: now) { return (.limit, now / Self.second) }
            if watch.needsSign(at: now), let cause = watch.note(try sign(now / Self.second), at: now) {
                return (cause, now / Self.second)
            }
            guard let pause = watch.microsecondsToNextLook(at: now, isStopping: false) else { return nil }
            now += max(pause, 1)
        }
        return nil
    }

    @Test("Without limits there is nothing to look for, and 0 is no limit")
    func none() throws {
        #expect(LimitWatch(JobLimits(), began: 0).microsecondsToNextLook(at: 5, isStopping: false) == nil)
        let off = try limits(["time-limit": "off", "stall-limit": "off", "linger-limit": "off", "memory-limit": "off"])
        #expect(LimitWatch(off, began: 0).microsecondsToNextLook(at: 5, isStopping: false) == nil)
    }

    @Test("The time limit is reached when its time is over, and counts from the start")
    func time() throws {
        let watch = LimitWatch(try limits(["time-limit": "90s"]), began: -30 * Self.second)
        let end = end(of: watch, within: 1000) { _ in .logs(0, 0) }
        #expect(end?.cause == .limit && end?.second == 60)
    }

    @Test("Counters that stand still are a stall, whatever the logs do; counters that move are none")
    func stall() throws {
        let watch = LimitWatch(try limits(["stall-limit": "1m"]), began: 0)
        let still = try end(of: watch, within: 1000) { _ in try report("phase=open items=3 errors=0") }
        #expect(still?.cause == .stall && (60...70).contains(still?.second ?? 0))
        let moving = try end(of: watch, within: 1000) { now in try report("phase=open items=\(now / 50)") }
        #expect(moving == nil)
        let stops = try end(of: watch, within: 1000) { now in try report("phase=open requests=\(min(now, 200))") }
        #expect(stops?.cause == .stall && (260...270).contains(stops?.second ?? 0))
    }

    @Test("Without a report, logs that grow are a sign of life, and only they")
    func logs() throws {
        let watch = LimitWatch(try limits(["stall-limit": "20s"]), began: 0)
        let still = end(of: watch, within: 1000) { _ in .logs(5, 7) }
        #expect(still?.cause == .stall && (20...25).contains(still?.second ?? 0))
        #expect(end(of: watch, within: 1000) { .logs(5, $0) } == nil)
        #expect(end(of: watch, within: 1000) { .logs($0 / 10, 7) } == nil)
    }

    @Test("A report is written each five seconds, so that a shorter stall is none")
    func shortStall() throws {
        let watch = LimitWatch(try limits(["stall-limit": "1s"]), began: 0)
        #expect(try end(of: watch, within: 1000) { now in try report("phase=open items=\(now / 6)") } == nil)
    }

    @Test("Time in which this process was stopped is no stall: the spider may have been stopped with it")
    func suspended() throws {
        var watch = LimitWatch(try limits(["stall-limit": "60s"]), began: 0)
        let sign = try report("phase=open items=1")
        #expect(watch.note(sign, at: 0) == nil)
        #expect(watch.note(sign, at: 100_000 * Self.second) == nil)
    }

    @Test(
        "A process that stays after its spider has closed lingers, and not before",
        arguments: [("closing", 30), ("closed", 30), ("open", nil), ("start", nil), ("exit", nil)] as [(String, Int64?)]
    )
    func linger(phase: String, expected: Int64?) throws {
        let watch = LimitWatch(try limits(["linger-limit": "30s"]), began: 0)
        // It moves all the time: what counts is the phase.
        let end = try end(of: watch, within: 500) { try report("phase=\(phase) items=\($0)") }
        #expect(end?.cause == expected.map { _ in .linger })
        if let expected, let second = end?.second { #expect((expected...expected + 6).contains(second)) }
    }

    @Test("The report of a crawl that lingers is kept, since its end may say something else")
    func lingering() throws {
        var watch = LimitWatch(try limits(["linger-limit": "1s"]), began: 0)
        _ = watch.note(try report("phase=closing finish=finished items=3"), at: 0)
        #expect(watch.lingeringReport?.finish == "finished" && watch.lingeringReport?.counts[.items] == 3)
        _ = watch.note(try report("phase=open items=3"), at: Self.second)
        #expect(watch.lingeringReport == nil)
    }

    @Test(
        "Memory over the limit ends a job politely, far over it or over Slurm's limit at once",
        arguments: [
            (100, false, false), (101, true, false), (125, true, false), (126, true, true),
        ])
    func memory(mebibytes: Int, isOver: Bool, isUrgent: Bool) throws {
        let watch = LimitWatch(try limits(["memory-limit": "100M"]), began: 0)
        let verdict = watch.judge(memory: mebibytes << 20)
        #expect(verdict.isOver == isOver && verdict.isUrgent == isUrgent)
        let slurms = LimitWatch(JobLimits(), slurmMemory: 100 << 20, began: 0).judge(memory: mebibytes << 20)
        #expect(slurms.isOver == isOver && slurms.isUrgent == isOver)
    }

    @Test("Memory is looked at while a job is being ended, other limits are not")
    func whileStopping() throws {
        let texts = ["memory-limit": "100M", "time-limit": "1s", "stall-limit": "1s"]
        var watch = LimitWatch(try limits(texts), began: 0)
        #expect(watch.takeMemoryLook(at: 0) && !watch.takeMemoryLook(at: 0))
        #expect(watch.microsecondsToNextLook(at: 0, isStopping: true) == 2 * Self.second)
        #expect(watch.microsecondsToNextLook(at: 0, isStopping: false) == 0)
    }

    @Test("A limit keeps its place as the reason, except before a cancellation")
    func precedence() {
        for first in [Escalation.Cause.limit, .memory, .stall, .linger] {
            var stop = Escalation()
            stop.request(first, at: 0)
            for later in [Escalation.Cause.limit, .memory, .stall, .linger, .terminated] {
                stop.request(later, at: 1)
                #expect(stop.cause == first)
            }
            stop.request(.cancel, at: 2)
            stop.request(first, at: 3)
            #expect(stop.cause == .cancel)
        }
    }
}
