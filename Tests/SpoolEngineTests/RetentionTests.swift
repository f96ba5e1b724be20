import SpoolEngine
import SpoolModel
import Testing

@Suite("Which finished jobs are kept")
struct RetentionTests {
    private func id(_ number: Int) -> JobID { JobID(high: 0, low: UInt64(number)) }

    private func instant(_ seconds: Int64) -> Timestamp { Timestamp(seconds: seconds) }

    private func end(_ seconds: Int, failed: Bool = false) -> Retention.End {
        Retention.End(at: instant(Int64(seconds)), isFailure: failed)
    }

    private func rules(
        cap: Int? = nil, keep: Int? = nil, failed: Int? = nil, size: Int? = nil, floor: Int = 0
    ) -> RetentionRules {
        RetentionRules(cap: cap, keep: keep, keepFailed: failed, keepSize: size, floor: floor)
    }

    @Test("Those that ended first go, and the others stay")
    func order() {
        var retention = Retention()
        for number in [3, 1, 4, 5, 2] { retention.add(id(number), end(number)) }
        let none = retention.takeExcess(by: rules(cap: 5), at: instant(9), atMost: 9)
        let oldest = retention.takeExcess(by: rules(cap: 3), at: instant(9), atMost: 9)
        let next = retention.takeExcess(by: rules(cap: 0), at: instant(9), atMost: 2)
        #expect(none.isEmpty && oldest == [id(1), id(2)] && next == [id(3), id(4)])
        #expect(retention.count == 1 && retention.contains(id(5)))
    }

    @Test("An end that is still to come goes first: the clock was set back since")
    func future() {
        var retention = Retention()
        for number in 1...4 { retention.add(id(number), end(number, failed: number == 4)) }
        let excess = retention.takeExcess(by: rules(cap: 2), at: instant(3), atMost: 9)
        #expect(excess == [id(4), id(1)])
    }

    @Test("A job whose end is not read yet is counted; one that is forgotten takes nobody's place")
    func unread() {
        var retention = Retention()
        retention.add(id(1))
        retention.add(id(1))
        retention.add(id(2), end(2))
        retention.add(id(2))
        #expect(retention.count == 2 && retention.unread == [id(1)])
        retention.add(id(1), end(1))
        #expect(retention.count == 2 && retention.unread.isEmpty)
        retention.add(id(3))
        retention.remove(id(3))
        let excess = retention.takeExcess(by: rules(cap: 2), at: instant(9), atMost: 9)
        #expect(excess.isEmpty)
        retention.formIntersection([id(2)])
        #expect(retention.count == 1 && !retention.contains(id(1)) && retention.unmeasured == [id(2)])
    }

    /// Jobs by the letter of their outcome, in the order of their ends: `g` for a good one, `f` for one that failed. Each is
    /// as large as its number, the first one 1.
    private func retention(_ letters: String) -> Retention {
        var retention = Retention()
        for (number, letter) in letters.enumerated() {
            retention.add(id(number + 1), end(number + 1, failed: letter == "f"))
            retention.setSize(Int64(number + 1), of: id(number + 1))
        }
        return retention
    }

    @Test(
        "Of too many the good ones go first, until half of them have failed",
        arguments: [
            ("gggg", 2, [1, 2]), ("ffff", 2, [1, 2]), ("fggg", 3, [2]), ("fggg", 2, [2, 3]), ("fggg", 1, [2, 3, 1]),
            ("gf", 1, [1]), ("fg", 1, [1]), ("fg", 0, [1, 2]), ("ffgg", 3, [1]), ("ffggg", 4, [3]),
            ("ggggggfffgggggg", 5, [1, 2, 3, 4, 5, 6, 10, 11, 12, 7]),
        ])
    func failedStay(_ letters: String, _ cap: Int, _ gone: [Int]) {
        var retention = retention(letters)
        let excess = retention.takeExcess(by: rules(cap: cap), at: instant(99), atMost: 99)
        #expect(excess == gone.map(id))
    }

    @Test("The job that ended last stays, unless none is to be kept", arguments: 1...5)
    func newest(_ cap: Int) {
        for number in 0..<256 {
            let letters = String((0..<8).map { number >> $0 & 1 == 0 ? "g" : "f" } as [Character])
            var retention = retention(letters)
            _ = retention.takeExcess(by: rules(cap: cap), at: instant(99), atMost: 99)
            #expect(retention.contains(id(8)) && retention.count == cap, "\(letters)")
        }
    }

    @Test(
        "Those that are too old go, failed ones by a limit of their own, whatever their number",
        arguments: [
            (10, nil, [1]), (nil, 10, [2]), (10, 10, [1, 2]), (8, 13, [1, 3]), (nil, nil, []), (16, 16, [1]),
            (17, 17, []), (0, nil, [1, 3, 5]),
        ] as [(Int?, Int?, [Int])])
    func ages(_ keep: Int?, _ failed: Int?, _ gone: [Int]) {
        var retention = Retention()
        for (number, letter) in "gfgfg".enumerated() {
            retention.add(id(number + 1), end(4 * (number + 1), failed: letter == "f"))
        }
        let rules = rules(cap: 100, keep: keep, failed: failed)
        let mayExceed = retention.mayExceed(rules, at: instant(20))
        let excess = retention.takeExcess(by: rules, at: instant(20), atMost: 9)
        #expect(excess == gone.map(id) && mayExceed == !gone.isEmpty)
        #expect(!retention.mayExceed(rules, at: instant(20)))
    }

    @Test("A job that ends in time to come is not old")
    func futureAge() {
        var retention = retention("gf")
        let excess = retention.takeExcess(by: rules(keep: 0, failed: 0), at: instant(0), atMost: 9)
        #expect(excess.isEmpty)
    }

    @Test(
        "Those that take too much room go, good ones first until half of them have failed",
        arguments: [("ggg", 6, []), ("ggg", 5, [1]), ("ggg", 3, [1, 2]), ("fggg", 8, [2])])
    func sizes(_ letters: String, _ size: Int, _ gone: [Int]) {
        var retention = retention(letters)
        let rules = rules(size: size)
        let mayExceed = retention.mayExceed(rules, at: instant(99))
        let excess = retention.takeExcess(by: rules, at: instant(99), atMost: 9)
        #expect(excess == gone.map(id) && mayExceed == !gone.isEmpty)
    }

    @Test(
        "A job that alone takes more room than all may goes without the others, whenever it ended and however",
        arguments: [
            ([1, 1, 30], "ggg", 9, [3]), ([30, 1, 1], "ggg", 9, [1]), ([1, 30, 1], "gfg", 9, [2]),
            ([1, 10, 30, 1], "gggg", 9, [3, 2]), ([9, 1, 30], "ggg", 9, [3, 1]), ([9, 0, 0], "ggg", 9, []),
            ([1 << 42, 5], "gg", 9, [1]),
        ] as [([Int64], String, Int, [Int])])
    func oversized(_ sizes: [Int64], _ letters: String, _ size: Int, _ gone: [Int]) {
        var retention = retention(letters)
        for (number, bytes) in sizes.enumerated() { retention.setSize(bytes, of: id(number + 1)) }
        let rules = rules(size: size)
        let large = Set(retention.oversized(by: rules).keys)
        #expect(large == Set(sizes.indices.filter { sizes[$0] > Int64(size) }.map { id($0 + 1) }))
        let excess = retention.takeExcess(by: rules, at: instant(99), atMost: 9)
        #expect(excess == gone.map(id) && !retention.mayExceed(rules, at: instant(99)))
    }

    @Test(
        "A job that alone takes too much and is among those that stay takes no other with it",
        arguments: [
            ([1, 1, 1, 30, 1], 2, []), ([1, 1, 30, 1, 1], 2, [3]), ([1, 9, 1, 30, 1], 2, [1, 2]),
            ([30, 1, 1, 30, 1], 2, [1]), ([30, 1, 1], 3, []),
        ] as [([Int64], Int, [Int])])
    func oversizedExempt(_ sizes: [Int64], _ floor: Int, _ gone: [Int]) {
        var retention = retention(String(repeating: "g", count: sizes.count))
        for (number, bytes) in sizes.enumerated() { retention.setSize(bytes, of: id(number + 1)) }
        let rules = rules(size: 9, floor: floor)
        let mayExceed = retention.mayExceed(rules, at: instant(99))
        let excess = retention.takeExcess(by: rules, at: instant(99), atMost: 9)
        #expect(excess == gone.map(id) && mayExceed == !gone.isEmpty)
        #expect(!retention.mayExceed(rules, at: instant(99)))
    }

    @Test("Sizes go with their jobs, and may be any")
    func sizesOfAny() {
        var retention = retention("ggg")
        retention.setSize(.max, of: id(1))
        retention.setSize(-5, of: id(2))
        let excess = retention.takeExcess(by: rules(size: 1000), at: instant(99), atMost: 9)
        #expect(excess == [id(1)])
        retention.remove(id(3))
        retention.add(id(3), end(3))
        #expect(retention.unmeasured == [id(3)] && !retention.mayExceed(rules(size: 0), at: instant(99)))
    }

    @Test("Jobs of unknown size are the same, whether they were asked for before or not")
    func unmeasured() {
        var generator = RepeatableGenerator(seed: 5)
        var (late, early) = (Retention(), Retention())
        early.noteUnmeasured()
        for step in 1...2000 {
            let job = id(Int.random(in: 1...40, using: &generator))
            let (deed, isFailure) = (Int.random(in: 0..<5, using: &generator), Bool.random(using: &generator))
            func change(_ retention: inout Retention) {
                switch deed {
                case 0: retention.add(job)
                case 1: retention.add(job, end(step, failed: isFailure))
                case 2: retention.remove(job)
                case 3: if retention.contains(job) { retention.setSize(Int64(step), of: job) }
                default: if step % 50 == 0 { retention.formIntersection(Set((1...20).map(id))) }
                }
            }
            change(&late)
            change(&early)
            #expect(late.unmeasured == early.unmeasured, "step \(step)")
        }
        late.noteUnmeasured()
        #expect(late.unmeasured == early.unmeasured && !late.unmeasured.isEmpty)
    }

    @Test("Age and size leave a number of jobs alone, those that ended last; the cap does not")
    func floor() {
        var retention = retention("ggfggg")
        let aged = retention.takeExcess(by: rules(keep: 0, failed: 0, size: 0, floor: 3), at: instant(99), atMost: 9)
        #expect(aged == [1, 2, 3].map(id) && !retention.mayExceed(rules(keep: 0, floor: 3), at: instant(99)))
        #expect(retention.nextExpiry(by: rules(keep: 9, floor: 3)) == nil)
        let capped = retention.takeExcess(by: rules(cap: 2, floor: 3), at: instant(99), atMost: 9)
        #expect(capped == [id(4)])
    }

    @Test("What is due next is the end of the one that is kept for the shortest time from now")
    func nextExpiry() {
        let retention = retention("gf")
        #expect(retention.nextExpiry(by: rules(keep: 10, failed: 20)) == instant(11))
        #expect(retention.nextExpiry(by: rules(keep: 30, failed: 20)) == instant(22))
        #expect(retention.nextExpiry(by: rules(failed: 20)) == instant(22))
        #expect(retention.nextExpiry(by: rules(cap: 1)) == nil)
    }

    @Test("Before ends are read, an age may be exceeded, and a number is what it is")
    func unreadRules() {
        var retention = Retention()
        retention.add(id(1))
        #expect(retention.mayExceed(rules(keep: 1000), at: instant(0)))
        #expect(retention.mayExceed(rules(cap: 0), at: instant(0)))
        #expect(!retention.mayExceed(rules(cap: 1, size: 0), at: instant(0)))
        #expect(!retention.mayExceed(rules(keep: 1000, floor: 1), at: instant(0)))
    }

    @Test("Ages count when the clock has gone evenly for an hour, or a hundredth of what is kept")
    func clock() {
        let (second, hour): (Int64, Int64) = (1_000_000, 3_600_000_000)
        let all = rules(cap: 5, keep: 30 * 86_400, failed: 6000, size: 7)
        var clock = EvenClock()
        func held(_ wall: Int64, _ steady: Int64) -> RetentionRules { clock.rules(all, wall: wall, steady: steady) }
        var seen = [held(0, 0)]
        #expect(clock.due(for: all) == hour)
        seen.append(held(60 * second, 60 * second))
        seen.append(held(hour + 59 * second, hour))
        // Set by a day.
        seen.append(held(25 * hour, hour))
        seen.append(held(26 * hour - 1, 2 * hour - 1))
        seen.append(held(26 * hour, 2 * hour))
        let (none, some) = (rules(cap: 5, size: 7), rules(cap: 5, failed: 6000, size: 7))
        #expect(seen == [none, some, all, none, some, all])
        let short = clock.rules(rules(keep: 99), wall: 0, steady: 2 * hour)
        #expect(short == rules(keep: 99))
    }
}
