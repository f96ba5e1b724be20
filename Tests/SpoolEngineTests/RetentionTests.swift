import SpoolEngine
import SpoolModel
import Testing

@Suite("Which finished jobs are kept")
struct RetentionTests {
    private func id(_ number: Int) -> JobID { JobID(high: 0, low: UInt64(number)) }

    private func instant(_ seconds: Int64) -> Timestamp { Timestamp(seconds: seconds) }

    @Test("Those that ended first go, and the others stay")
    func order() {
        var retention = Retention()
        for number in [3, 1, 4, 5, 2] { retention.add(id(number), ended: instant(Int64(number))) }
        let none = retention.takeExcess(over: 5, at: instant(9), atMost: 9)
        let oldest = retention.takeExcess(over: 3, at: instant(9), atMost: 9)
        let next = retention.takeExcess(over: 0, at: instant(9), atMost: 2)
        #expect(none.isEmpty && oldest == [id(1), id(2)] && next == [id(3), id(4)])
        #expect(retention.count == 1 && retention.contains(id(5)))
    }

    @Test("An end that is still to come goes first: the clock was set back since")
    func future() {
        var retention = Retention()
        for number in 1...4 { retention.add(id(number), ended: instant(Int64(number))) }
        let excess = retention.takeExcess(over: 2, at: instant(3), atMost: 9)
        #expect(excess == [id(4), id(1)])
    }

    @Test("A job whose end is not read yet is counted; one that is forgotten takes nobody's place")
    func unread() {
        var retention = Retention()
        retention.add(id(1))
        retention.add(id(1))
        retention.add(id(2), ended: instant(2))
        retention.add(id(2))
        #expect(retention.count == 2 && retention.unread == [id(1)])
        retention.add(id(1), ended: instant(1))
        #expect(retention.count == 2 && retention.unread.isEmpty)
        retention.add(id(3))
        retention.remove(id(3))
        let excess = retention.takeExcess(over: 2, at: instant(9), atMost: 9)
        #expect(excess.isEmpty)
        retention.formIntersection([id(2)])
        #expect(retention.count == 1 && !retention.contains(id(1)))
    }
}
