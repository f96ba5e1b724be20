import SpoolEngine
import Testing

@Suite("Keys in order")
struct OrderedTests {
    @Test("After any changes the first and the last are those of a sorted list", arguments: 0..<20 as Range<UInt64>)
    func random(seed: UInt64) {
        var generator = Steps(state: seed)
        var ordered = Ordered<Int, Int>()
        var model: [Int: Int] = [:]
        for _ in 0..<2000 {
            let key = Int.random(in: 0..<50, using: &generator)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<6:
                let rank = Int.random(in: 0..<20, using: &generator)
                ordered[key] = rank
                model[key] = rank
            case 6..<9:
                ordered[key] = nil
                model[key] = nil
            default:
                let first = model.min { ($0.value, $0.key) < ($1.value, $1.key) }
                let popped = ordered.popFirst()
                #expect(popped?.key == first?.key && popped?.rank == first?.value)
                if let first { model[first.key] = nil }
            }
            let sorted = model.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
            #expect(ordered.count == model.count && ordered.isEmpty == model.isEmpty)
            #expect(ordered.first?.key == sorted.first?.key && ordered.first?.rank == sorted.first?.value)
            #expect(ordered.last?.key == sorted.last?.key)
            #expect(ordered[key] == model[key])
        }
        #expect(Set(ordered.keys) == Set(model.keys))
    }
}

/// Numbers that are the same each time (SplitMix64).
struct Steps: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
