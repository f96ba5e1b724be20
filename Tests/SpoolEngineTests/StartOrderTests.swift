import SpoolEngine
import SpoolModel
import Testing

@Suite("Which job starts next")
struct StartOrderTests {
    private let tag = StartLimits.Subject.tag(JobTag("example.org")!)
    private let shop = StartLimits.Subject.project(ProjectName("shop")!)

    private func id(_ number: Int) -> JobID { JobID(high: 0, low: UInt64(number)) }
    private func instant(_ seconds: Int) -> Timestamp { Timestamp(seconds: 1_700_000_000 + Int64(seconds)) }

    private func limits(
        _ counts: [StartLimits.Subject: Int] = [:], aging: Int = StartLimits.usualAging
    ) -> StartLimits {
        var limits = StartLimits()
        limits.counts = counts
        limits.aging = aging
        return limits
    }

    private func table(_ counts: [StartLimits.Subject: Int] = [:], aging: Int = StartLimits.usualAging) -> JobTable {
        var jobs = JobTable()
        jobs.setLimits(limits(counts, aging: aging))
        return jobs
    }

    /// The order in which all jobs start, each of which ends before the next one.
    private func order(_ jobs: JobTable) -> [JobID] {
        var jobs = jobs
        var order: [JobID] = []
        while let id = jobs.next(on: .local) {
            order.append(id)
            jobs.setRunning(id)
            jobs.remove(id)
        }
        return order
    }

    @Test("A higher priority goes first, then the one that has waited longer")
    func priorities() {
        var jobs = table()
        for (number, priority) in [5, 0, 9, 5, 9].enumerated() {
            jobs.setPending(id(number), since: instant(number), priority: priority)
        }
        #expect(order(jobs) == [2, 4, 0, 3, 1].map(id))
        jobs.setLimits(limits(aging: 0))
        #expect(order(jobs) == [2, 4, 0, 3, 1].map(id))
    }

    @Test("A job gains one priority for each time of waiting, so that none waits for ever; without aging it does")
    func aging() {
        var jobs = table(aging: 60)
        jobs.setPending(id(1), since: instant(0), priority: 0)
        for number in 2...9 { jobs.setPending(id(number), since: instant(100 * number), priority: 5) }
        // After 300 s it is as high as those that come then.
        #expect(order(jobs) == [2, 1, 3, 4, 5, 6, 7, 8, 9].map(id))
        jobs.setLimits(limits(aging: 0))
        #expect(order(jobs) == [2, 3, 4, 5, 6, 7, 8, 9, 1].map(id))
    }

    @Test("Extreme times and priorities do not overflow")
    func extremes() {
        var jobs = table(aging: .max)
        jobs.setPending(id(1), since: Timestamp(microseconds: .min), priority: 9)
        jobs.setPending(id(2), since: Timestamp(microseconds: .max), priority: 0)
        jobs.shiftPending(by: .min)
        jobs.shiftPending(by: .max)
        #expect(order(jobs).count == 2)
    }

    @Test("Of a tag as many run as its limit says, and the others are passed over")
    func limitsOfTags() {
        var jobs = table([tag: 1, shop: 2])
        for number in 1...4 { jobs.setPending(id(number), since: instant(number), subjects: [tag, shop]) }
        jobs.setPending(id(5), since: instant(5), subjects: [shop])
        jobs.setPending(id(6), since: instant(6), subjects: [shop])
        jobs.setPending(id(7), since: instant(7))
        func start() -> JobID? {
            guard let id = jobs.next(on: .local) else { return nil }
            jobs.setRunning(id)
            return id
        }
        #expect([start(), start(), start(), start()] == [id(1), id(5), id(7), nil])
        // A place of the project is free, and not of the tag.
        jobs.remove(id(5))
        #expect([start(), start()] == [id(6), nil])
        jobs.remove(id(1))
        #expect([start(), start()] == [id(2), nil])
        jobs.remove(id(6))
        #expect(start() == nil, "the tag has no room")
        jobs.remove(id(2))
        #expect([start(), start()] == [id(3), nil])
        jobs.remove(id(3))
        #expect([start(), start()] == [id(4), nil])
    }

    @Test("A limit that is raised, lowered or taken away holds from then on")
    func changedLimits() {
        var jobs = table([tag: 1])
        for number in 1...4 { jobs.setPending(id(number), since: instant(number), subjects: [tag]) }
        jobs.setRunning(id(1))
        #expect(jobs.first(on: .local) == nil)
        jobs.setLimits(limits([tag: 2]))
        #expect(jobs.first(on: .local) == id(2))
        jobs.setRunning(id(2))
        jobs.setLimits(limits([tag: 1]))
        jobs.remove(id(1))
        #expect(jobs.first(on: .local) == nil)
        jobs.setLimits(limits())
        #expect(jobs.first(on: .local) == id(3))
    }

    @Test("One with a higher priority is not held up behind those that wait beside a limit, and the other way round")
    func priorityBesideLimit() {
        var jobs = table([tag: 1])
        jobs.setRunning(id(9), subjects: [tag])
        jobs.setPending(id(1), since: instant(1), subjects: [tag])
        jobs.setPending(id(2), since: instant(2), priority: 9, subjects: [tag])
        jobs.setPending(id(3), since: instant(3))
        jobs.setPending(id(4), since: instant(4), priority: 9)
        #expect(order(jobs) == [4, 3].map(id))
        jobs.remove(id(9))
        #expect(order(jobs) == [2, 4, 1, 3].map(id))
    }

    @Test("A limit counts jobs here and those of Slurm")
    func executors() {
        var jobs = table([tag: 1])
        jobs.setPending(id(1), since: instant(1), on: .slurm, subjects: [tag])
        jobs.setPending(id(2), since: instant(2), subjects: [tag])
        jobs.setRunning(id(1), isRemote: true)
        #expect(jobs.first(on: .local) == nil)
        jobs.remove(id(1))
        #expect(jobs.first(on: .local) == id(2))
    }

    @Test("A retry waits for its time, and holds the queued runs of its schedule back, of which it is the first")
    func retries() {
        var jobs = table()
        let schedule = id(100)
        jobs.setPending(id(1), since: instant(1), of: schedule, isQueued: true)
        jobs.setPending(
            id(2), since: instant(9), of: schedule, isQueued: true, isRetry: true, notBefore: instant(60))
        jobs.setPending(id(3), since: instant(3))
        #expect(jobs.hasRun(of: schedule) && jobs.waitingRuns(of: schedule) == 2)
        #expect(order(jobs) == [id(3)] && jobs.nextRelease == instant(60))
        jobs.release(at: instant(59))
        #expect(order(jobs) == [id(3)])
        jobs.release(at: instant(60))
        #expect(order(jobs) == [3, 2, 1].map(id) && jobs.nextRelease == nil)
        // Read again, its time has come already.
        jobs.setPending(
            id(2), since: instant(9), of: schedule, isQueued: true, isRetry: true, notBefore: instant(60))
        jobs.release(at: instant(10))
        #expect(order(jobs) == [3, 2, 1].map(id))
    }

    @Test("Ten thousand that wait beside one limit are passed over once, and not with each start")
    func manyWaiters() {
        var jobs = table([tag: 1])
        jobs.setRunning(id(0), subjects: [tag])
        for number in 1...10_000 { jobs.setPending(id(number), since: instant(number), subjects: [tag]) }
        for number in 10_001...10_100 { jobs.setPending(id(number), since: instant(number)) }
        #expect(order(jobs) == (10_001...10_100).map(id))
        #expect(jobs.readyCount(on: .local) == 100, "only those that may start are among the ready ones")
        jobs.remove(id(0))
        #expect(order(jobs).count == 10_100)
    }
}

extension JobTable {
    /// The job to start next; the table stays as it is.
    func first(on executor: Executor) -> JobID? {
        var copy = self
        return copy.next(on: executor)
    }
}
