import LinuxSystem
import SpoolEngine
import SpoolModel
import SpoolStore
import TestSpool
import Testing

@Suite("Jobs that leave the tree")
struct DeparturesTests {
    private func finished(_ temporary: TemporarySpool) throws -> JobID {
        let job = temporary.job(.failed)
        try temporary.spool.create(job)
        try temporary.spool.unmark(job.id)
        return job.id
    }

    @Test("A purge that empties a day is known by its jobs, so that nothing has to be listed; the day may come back")
    func emptied() throws {
        let temporary = try TemporarySpool()
        let spool = temporary.spool
        var departures = try Departures(of: spool)
        for _ in 0..<3 {
            let id = try finished(temporary)
            departures.watch(id.day)
            #expect(spool.purge([id]).gone == [id])
            let isEmptied = !temporary.contains("jobs/\(id.day)")
            let gone = departures.take()
            #expect(isEmptied && gone == [id])
        }
    }

    @Test("A day that comes back is watched, also while the one that was emptied is open somewhere, or moved away")
    func again() throws {
        let temporary = try TemporarySpool()
        let spool = temporary.spool
        var departures = try Departures(of: spool)
        let first = try finished(temporary)
        departures.watch(first.day)
        let open = try spool.jobs.directory(first.day)
        #expect(spool.purge([first]).gone == [first])
        let afterPurge = departures.take()
        #expect(afterPurge == [first])
        let second = try finished(temporary)
        departures.watch(second.day)
        try spool.root.makeDirectory("elsewhere")
        try spool.jobs.move(second.day, to: spool.root.directory("elsewhere"), as: second.day)
        let afterMove = departures.take()
        #expect(afterMove == nil)
        let third = try finished(temporary)
        departures.watch(third.day)
        #expect(spool.purge([third]).gone == [third])
        let last = departures.take()
        #expect(last == [third])
        withExtendedLifetime(open) {}
    }

    @Test("What a purge has left to the janitor is known by its new name, and nothing else that is moved in tmp/")
    func handedOver() throws {
        let temporary = try TemporarySpool()
        let spool = temporary.spool
        var departures = try Departures(of: spool)
        let ids = try (0..<2).map { _ in try finished(temporary) }
        departures.watch(ids[0].day)
        let purge = spool.purge(ids)
        _ = departures.take()
        let before = departures.takeHanded()
        #expect(before.isEmpty && purge.rubbish.count == 2)
        spool.handOver([purge.rubbish[0], "rubbish.gone"])
        let gone = departures.take()
        #expect(gone == [])
        let handed = departures.takeHanded()
        #expect(handed.count == 1 && handed.allSatisfy { Spool.isHandedOver($0) && spool.tmp.contains($0) })
        let again = departures.takeHanded()
        #expect(again.isEmpty)
        let others = try spool.staged().keys.filter { !Spool.isHandedOver($0) }
        #expect(others == [purge.rubbish[1]])
    }

    @Test("A day that was moved away, and one that was not watched, may have had any job")
    func moved() throws {
        let temporary = try TemporarySpool()
        let spool = temporary.spool
        var departures = try Departures(of: spool)
        let id = try finished(temporary)
        departures.watch(id.day)
        try spool.root.makeDirectory("elsewhere")
        try spool.jobs.move(id.day, to: spool.root.directory("elsewhere"), as: id.day)
        let afterMove = departures.take()
        #expect(afterMove == nil)
        try spool.jobs.makeDirectory("2001-01-01")
        try spool.jobs.removeDirectory("2001-01-01")
        let afterRemoval = departures.take()
        #expect(afterRemoval == nil)
    }
}
