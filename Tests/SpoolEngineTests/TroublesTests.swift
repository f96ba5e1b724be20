import SpoolEngine
import Testing

@Suite("What is tried again")
struct TroublesTests {
    private let second: Int64 = 1_000_000

    @Test("A trouble is said once, again when its reason changes, and tried again after pauses that grow to an hour")
    func pauses() {
        var troubles = Troubles<String>()
        var now: Int64 = 0
        var pauses: [Int64] = []
        for turn in 0..<15 {
            let isSaid = troubles.note("a", turn < 14 ? "no room" : "no disk", at: now)
            #expect(isSaid == (turn == 0 || turn == 14))
            #expect(troubles.isPaused("a", at: now) && troubles.contains("a"))
            let due = troubles.nextDue ?? 0
            pauses.append((due - now) / second)
            let (early, timely) = (troubles.takeDue(at: due - 1), troubles.takeDue(at: due))
            #expect(early.isEmpty && timely == ["a"])
            #expect(!troubles.isPaused("a", at: due))
            now = due
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600])
    }

    @Test("What has been done is forgotten: the next trouble is a new one")
    func clear() {
        var troubles = Troubles<String>()
        let areNew = [troubles.note("a", "x", at: 0), troubles.note("b", "x", at: 0)]
        let wereKnown = [troubles.clear("a"), troubles.clear("a")]
        #expect(areNew == [true, true] && wereKnown == [true, false] && !troubles.contains("a"))
        let due = troubles.takeDue(at: second)
        #expect(due == ["b"] && troubles.nextDue == nil)
        let isNew = troubles.note("a", "x", at: second)
        #expect(isNew)
        #expect(troubles.nextDue == 2 * second)
    }
}
