import SpoolHTTP
import Testing

@Suite("When followers are told of a write")
struct WritePaceTests {
    @Test("Few are told of each write, whoever follows other files", arguments: [1, 16])
    func few(count: Int) {
        var pace = WritePace()
        for now in Int64(0)..<100 {
            let isCrowdTold = pace.isNow(1, followers: 300, at: now)
            #expect(isCrowdTold == (now == 0))
            let isTold = pace.isNow(2, followers: count, at: now)
            #expect(isTold)
        }
    }

    @Test(
        "Many are told at intervals that grow with their number up to a fifth of a second",
        arguments: [(17, 17_000), (100, 100_000), (200, 200_000), (5000, 200_000)] as [(Int, Int64)])
    func many(count: Int, interval: Int64) {
        var pace = WritePace()
        var told: [Int64] = []
        // A write each millisecond for two seconds, and a look whenever the pause is over.
        for now in stride(from: Int64(0), to: 2_000_000, by: 1000) {
            if pace.pause(at: now) == 0 { told += pace.takeDue(at: now).map { _ in now } }
            if pace.isNow(7, followers: count, at: now) { told.append(now) }
        }
        let gaps = zip(told.dropFirst(), told).map { $0 - $1 }
        #expect(!gaps.isEmpty && gaps.allSatisfy { $0 == interval }, "\(gaps)")
    }

    @Test("The last write of all is told, and then nothing waits")
    func last() throws {
        var pace = WritePace()
        let first = pace.isNow(7, followers: 50, at: 1000)
        let second = pace.isNow(7, followers: 50, at: 2000)
        #expect(first && !second)
        let pause = try #require(pace.pause(at: 2000))
        #expect(pause == 49)
        let early = pace.takeDue(at: 50_999)
        #expect(early.isEmpty)
        let due = pace.takeDue(at: 51_000)
        #expect(due == [7])
        #expect(pace.pause(at: 51_000) == nil)
        // A write after a long silence is told at once.
        let later = pace.isNow(7, followers: 50, at: 900_000)
        #expect(later)
    }

    @Test("Those whose number falls are told of each write again")
    func fewer() {
        var pace = WritePace()
        _ = pace.isNow(7, followers: 50, at: 0)
        _ = pace.isNow(7, followers: 50, at: 1)
        let isTold = pace.isNow(7, followers: 3, at: 2)
        #expect(isTold)
        #expect(pace.pause(at: 2) == nil)
    }
}
