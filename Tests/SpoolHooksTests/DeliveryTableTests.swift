import SpoolHooks
import SpoolModel
import Testing

@Suite("Deliveries of a hook")
struct DeliveryTableTests {
    private func name(_ number: UInt64) -> DeliveryName { DeliveryName(JobID(high: 0, low: number), .failed) }

    @Test("New deliveries are due at once, in the order of their jobs")
    func order() {
        var table = DeliveryTable()
        #expect(table.next(at: 0) == .rest)
        table.take([name(3), name(1), name(2)])
        #expect(table.count == 3)
        for number in 1...3 as ClosedRange<UInt64> {
            #expect(table.next(at: 0) == .deliver(name(number)))
            table.end(name(number))
        }
        #expect(table.next(at: 0) == .rest && table.count == 0)
    }

    @Test("One that fails waits longer each time, and others go before it")
    func failures() {
        var table = DeliveryTable()
        table.take([name(1)])
        var now: Int64 = 1_000_000
        for pause in [5, 30, 120, 600, 3600, 3600, 3600] as [Int64] {
            #expect(table.next(at: now) == .deliver(name(1)))
            table.fail(name(1), at: now, random: 0)
            // With the smallest random number a pause is a quarter shorter.
            #expect(table.next(at: now) == .wait(pause * 750_000))
            now += pause * 750_000
        }
        table.take([name(1), name(2)])
        #expect(table.next(at: now - 1) == .deliver(name(2)))
    }

    @Test("What is gone from the outbox is forgotten, and what is there is not due twice")
    func gone() {
        var table = DeliveryTable()
        table.take([name(1), name(2)])
        table.take([name(2)])
        table.take([name(2)])
        #expect(table.count == 1 && table.next(at: 0) == .deliver(name(2)))
        table.end(name(2))
        #expect(table.next(at: 0) == .rest)
    }

    @Test("After a change of the configuration all are due")
    func hurry() {
        var table = DeliveryTable()
        table.take([name(1)])
        _ = table.next(at: 0)
        table.fail(name(1), at: 0, random: .max)
        table.hurry()
        #expect(table.next(at: 0) == .deliver(name(1)))
    }

    @Test("A pause is a quarter shorter to a quarter longer", arguments: [0, 1, .max, 1 << 63, 12345] as [UInt64])
    func jitter(random: UInt64) {
        for (failures, pause) in [(0, 5), (1, 5), (2, 30), (5, 3600), (1000, 3600)] as [(Int, Int64)] {
            let wait = HookPace.pause(after: failures, random: random)
            #expect(wait >= pause * 750_000 && wait <= pause * 1_250_000)
        }
    }
}
