import SpoolEngine
import SpoolModel
import Testing

@Suite("Jobs that wait for code")
struct StallsTests {
    private let books = ProjectName("books")!, other = ProjectName("other")!
    private let ids = (0..<3).map { JobID(high: 0, low: UInt64($0)) }
    private func at(_ second: Int64) -> Timestamp { Timestamp(microseconds: second * 1_000_000) }

    @Test("A project is looked at 5 s after its first job was held up, and again as long as it has to be")
    func looks() {
        var stalls = Stalls()
        #expect(stalls.nextLook == nil)
        stalls.add(ids[0], of: books, at: at(10))
        stalls.add(ids[1], of: books, at: at(12))
        #expect(stalls.nextLook == at(15))
        stalls.look(at: at(15))
        #expect(stalls.nextLook == at(20))
        stalls.look(at: at(16), isDue: true)
        #expect(stalls.nextLook == at(16))
        let ended = stalls.end(books)
        #expect(ended == Set(ids.prefix(2)))
        stalls.look(at: at(16))
        #expect(stalls.nextLook == nil)
    }

    @Test("A clock that is set back does not put the next look off")
    func setBack() {
        var reconciler = Reconciler(at: at(100_000))
        let before = Reconciler.Moment(wall: at(100_000), steady: 0)
        _ = reconciler.apply(.startFailed(ids[0], .project(books)), at: before)
        let after = Reconciler.Moment(wall: at(50_000), steady: 1)
        #expect(reconciler.next(at: after) == nil)
        _ = reconciler.apply(.clockSetBack(50_000_000_000), at: after)
        #expect(reconciler.next(at: after) == .code([books]))
    }

    @Test("Projects are kept apart")
    func projects() {
        var stalls = Stalls()
        stalls.add(ids[0], of: books, at: at(0))
        stalls.add(ids[1], of: other, at: at(0))
        #expect(stalls.projects == [books, other])
        let ended = [stalls.end(other), stalls.end(other)]
        #expect(ended == [[ids[1]], []])
        #expect(stalls.contains(books) && !stalls.contains(other))
    }
}
