import SpoolEngine
import SpoolModel
import Testing

@Suite("The jobs that are not finished")
struct JobTableTests {
    private func id(_ number: Int) -> JobID { JobID(high: 0, low: UInt64(number)) }

    private func instant(_ seconds: Int) -> Timestamp { Timestamp(seconds: Int64(seconds)) }

    @Test(
        "The longest waiting starts first, of each executor; who is noted again keeps the earlier time")
    func pending() {
        var jobs = JobTable()
        jobs.setPending(id(1), since: instant(5))
        jobs.setPending(id(2), since: instant(3))
        jobs.setPending(id(3), since: instant(1), on: .slurm)
        #expect(jobs.first(on: .local) == id(2) && jobs.first(on: .slurm) == id(3))
        jobs.setPending(id(2), since: instant(9))
        #expect(jobs.first(on: .local) == id(2))
        jobs.setPending(id(3), since: instant(9), on: .local)
        #expect(jobs.first(on: .local) == id(3) && jobs.first(on: .slurm) == nil)
        jobs.remove(id(3))
        jobs.setRunning(id(2))
        #expect(jobs.first(on: .local) == id(1) && jobs.localCount == 1 && jobs.hasPending)
        jobs.shiftPending(by: -2_000_000)
        jobs.setPending(id(4), since: instant(4))
        #expect(jobs.first(on: .local) == id(1))
        #expect(jobs.ids == [id(1), id(2), id(4)])
        jobs.setScheduled(id(5), next: instant(9))
        #expect((1...5).map { jobs.contains(id($0)) } == [true, true, false, true, true])
    }

    @Test("Queued runs of a schedule wait for the one at work, and for each other")
    func queued() {
        var jobs = JobTable()
        let schedule = id(100)
        for number in 1...3 {
            jobs.setPending(id(number), since: instant(number), of: schedule, isQueued: true)
        }
        jobs.setPending(id(4), since: instant(4), of: schedule)
        #expect(jobs.first(on: .local) == id(1) && jobs.hasRun(of: schedule))
        jobs.setRunning(id(1))
        #expect(jobs.first(on: .local) == id(4), "a run that is not queued waits for nobody")
        jobs.remove(id(1))
        #expect(jobs.first(on: .local) == id(2))
        jobs.setRunning(id(4), of: schedule)
        jobs.remove(id(2))
        #expect(jobs.first(on: .local) == nil)
        jobs.remove(id(4))
        #expect(jobs.first(on: .local) == id(3))
        jobs.setPending(id(5), since: instant(0), of: schedule, isQueued: true)
        #expect(jobs.first(on: .local) == id(5))
        jobs.remove(id(3))
        jobs.remove(id(5))
        #expect(!jobs.hasRun(of: schedule) && !jobs.hasPending && jobs.ids.isEmpty)
    }

    @Test(
        "A job that is held up keeps its place, and holds nobody else up", arguments: [false, true])
    func stalled(isQueued: Bool) {
        var jobs = JobTable()
        for number in 1...3 {
            jobs.setPending(
                id(number), since: instant(number), of: isQueued ? id(100) : nil, isQueued: isQueued)
        }
        jobs.stall(id(1))
        jobs.stall(id(1))
        #expect(jobs.first(on: .local) == id(2) && jobs.hasPending && jobs.ids.count == 3)
        jobs.shiftPending(by: -1_000_000)
        #expect(jobs.first(on: .local) == id(2))
        jobs.unstall(id(1))
        jobs.unstall(id(1))
        #expect(jobs.first(on: .local) == id(1))
        jobs.stall(id(1))
        jobs.remove(id(1))
        jobs.unstall(id(1))
        #expect(jobs.first(on: .local) == id(2) && jobs.ids == [id(2), id(3)])
        // Noted anew, it is in the choice again.
        jobs.stall(id(2))
        jobs.setPending(id(2), since: instant(9), of: isQueued ? id(100) : nil, isQueued: isQueued)
        #expect(jobs.first(on: .local) == id(2))
    }

    @Test("What is due first is told, and stays until something has become of it")
    func due() {
        var jobs = JobTable()
        for number in [4, 2, 9, 3] { jobs.setScheduled(id(number), next: instant(number)) }
        #expect(jobs.nextDue == instant(2) && jobs.firstDue(at: instant(1)) == nil)
        for _ in 0..<2 { #expect(jobs.firstDue(at: instant(4)) == id(2)) }
        jobs.setScheduled(id(2), next: instant(8))
        #expect(jobs.firstDue(at: instant(4)) == id(3))
        jobs.remove(id(3))
        jobs.setPending(id(4), since: instant(4))
        #expect(jobs.firstDue(at: instant(7)) == nil && jobs.isPending(id(4)) && !jobs.isPending(id(2)))
        #expect(jobs.nextDue == instant(8) && jobs.scheduled == [id(2), id(9)])
    }

    @Test(
        "After any changes the answers are those of a look at all jobs",
        arguments: 0..<100 as Range<UInt64>)
    func random(seed: UInt64) {
        struct Entry {
            var state = 0
            var since = Timestamp(seconds: 0)
            var schedule: JobID?
            var isQueued = false
            var executor = Executor.local
            var isStalled = false
        }
        var generator = Steps(state: seed)
        var jobs = JobTable()
        var model: [JobID: Entry] = [:]
        for _ in 0..<600 {
            let id = id(Int.random(in: 0..<12, using: &generator))
            var entry = Entry()
            entry.since = instant(Int.random(in: 0..<9, using: &generator))
            entry.schedule =
                Bool.random(using: &generator) ? self.id(Int.random(in: 90..<93, using: &generator)) : nil
            entry.isQueued = Bool.random(using: &generator)
            entry.executor = Bool.random(using: &generator) ? .local : .slurm
            switch Int.random(in: 0..<6, using: &generator) {
            case 4:
                jobs.stall(id)
                if model[id]?.state == 0 { model[id]?.isStalled = true }
            case 5:
                jobs.unstall(id)
                model[id]?.isStalled = false
            case 0:
                if let present = model[id], present.state == 0 {
                    entry.since = min(entry.since, present.since)
                }
                jobs.setPending(
                    id, since: entry.since, of: entry.schedule, on: entry.executor, isQueued: entry.isQueued)
                model[id] = entry
            case 1:
                entry.state = 1
                entry.schedule = entry.schedule ?? model[id]?.schedule
                jobs.setRunning(id, of: entry.schedule)
                model[id] = entry
            case 2:
                entry.state = 2
                entry.schedule = nil
                jobs.setScheduled(id, next: entry.since)
                model[id] = entry
            default:
                jobs.remove(id)
                model[id] = nil
            }
            let working = Set(model.values.compactMap { $0.state == 1 ? $0.schedule : nil })
            for executor in Executor.allCases {
                let waiting = model.filter { _, entry in
                    guard entry.state == 0, entry.executor == executor, !entry.isStalled else { return false }
                    guard entry.isQueued, let schedule = entry.schedule else { return true }
                    return !working.contains(schedule)
                }
                let first = waiting.min { ($0.value.since, $0.key) < ($1.value.since, $1.key) }?.key
                #expect(jobs.first(on: executor) == first, "seed \(seed)")
            }
            for schedule in (90..<93).map(self.id) {
                #expect(jobs.hasRun(of: schedule) == model.values.contains { $0.schedule == schedule })
            }
            #expect(jobs.nextDue == model.values.filter { $0.state == 2 }.map(\.since).min())
            #expect(jobs.ids == Set(model.keys))
            #expect(jobs.running == Set(model.filter { $0.value.state == 1 }.keys))
        }
    }
}
